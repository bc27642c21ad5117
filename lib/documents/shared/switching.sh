# Switches the code and its environment. $previous is the commit to go back to, $previous_branch its branch.

# pending: what was begun here and not yet brought up: rollbackId, commit, previous commit, branch (- for none), stage.
# One for the application, not for the rollback: whoever comes next has to restart what somebody else left half switched.
pending="$state/pending"
pending_stage=''

read_pending() {
  pending_rollback='' pending_commit='' pending_previous='' pending_branch='' pending_stage=''
  if [[ ! -s $pending ]]; then return; fi
  read -r pending_rollback pending_commit pending_previous pending_branch pending_stage <"$pending" || true
}

enter_stage() {
  pending_stage=$1
  write_state "$pending" "$SSM_rollbackId $SSM_commit $previous ${previous_branch:--} $1"
}

# A checkout that was killed leaves files of two commits. It is finished first: all that it overwrites has been saved by then.
finish_interrupted_checkout() {
  if [[ $pending_stage != checking-out ]]; then return; fi
  progress "finishing the interrupted checkout of $pending_commit"
  run_tool repository checkout --quiet --force --detach "$pending_commit" ||
    tool_failed checkout-failed "The interrupted checkout of $pending_commit could not be finished: the code is a mixture. Repair $SSM_directory by hand."
  head_commit=$pending_commit
  head_branch=''
}

check_out() {
  local submodule=''
  if [[ $head_commit == "$SSM_commit" ]] && ! tracked_changes; then return; fi
  undo_step=put_back
  run_tool repository checkout --quiet --force --detach "$SSM_commit" ||
    tool_failed checkout-failed "The checkout of $SSM_commit failed. See detail; \"restored\" says whether the code is what it was."
}

# The way back from a checkout that failed half-way: git moves HEAD even when it could not write every file.
put_back() {
  local good=true
  progress "putting $previous back"
  undo_step=''
  as_user rm -f -- "$git_directory/index.lock" "$git_directory/HEAD.lock"
  # First what the new commit added: on a full disk that makes the room. Whatever stood there before was moved aside.
  repository diff --name-only -z --no-renames --diff-filter=A "$previous" "$SSM_commit" |
    as_user bash -c 'cd -- "$1" && exec xargs -0 -r rm -f --' rollback "$directory" || good=false
  repository checkout --quiet --force --detach "$previous" || good=false
  if [[ $good == true && -n $previous_branch ]]; then repository symbolic-ref HEAD "refs/heads/$previous_branch" || good=false; fi
  if [[ $good == true && -n $saved_ref ]]; then apply_saved "$saved_ref" || good=false; fi
  return_saved_files "$SSM_rollbackId"
  if [[ -n $environment_path ]] && environment_complete "$previous"; then link_environment "$previous" || good=false; fi
  if [[ $good == true ]]; then rm -f -- "$pending"; fi
  failure_fields+="${failure_fields:+,}\"restored\":$good"
}

# Applies a saved commit to the tree, staged changes staged if they still fit. A conflict must not stay in code that runs.
apply_saved() {
  repository stash apply --quiet --index "$1" >&2 && return
  repository reset --quiet --hard HEAD
  repository stash apply --quiet "$1" >&2 && return
  repository reset --quiet --hard HEAD
  return 1
}

link_environment() { # commit
  local link="$directory/$environment_path"
  as_user mkdir -p -- "$(dirname -- "$link")" && as_user ln -sfnT -- "$environments/$1/$environment_inside" "$link.switching" &&
    as_user mv -fT -- "$link.switching" "$link"
}

# Fails before anything changes when the environment isn't ready or the present one couldn't be put away.
require_environment() {
  local owner path="$directory/$environment_path"
  if [[ -z $environment_inside ]]; then return; fi
  if ! environment_complete "$SSM_commit"; then
    fail environment-missing "No environment is ready for $SSM_commit. Run prepare-code for it first."
  fi
  if [[ -d $path && ! -L $path ]]; then
    owner=$(stat -c %U -- "$path")
    [[ $owner == "$SSM_user" ]] || fail wrong-owner "$path belongs to $owner, so $SSM_user cannot move it. Give it to $SSM_user (chown -R)."
  fi
}

environment_right() { [[ -z $environment_inside ]] || environment_in_use "$SSM_commit"; }

switch_environment() {
  if [[ -z $environment_inside ]]; then return; fi
  ignore_environment
  if environment_in_use "$SSM_commit"; then return; fi
  progress 'switching the environment'
  if [[ -d $directory/$environment_path && ! -L $directory/$environment_path ]]; then put_away_environment; fi
  run_tool link_environment "$SSM_commit" || tool_failed environment-failed "$environment_path could not be linked to the environment of $SSM_commit."
}

# `venv/` in .gitignore means folders, not the link: without this, git status and git clean would take it for a stray file.
ignore_environment() {
  local line="/$environment_path" file="$git_directory/info/exclude"
  if grep -qxF -- "$line" "$file" 2>/dev/null; then return; fi
  as_user mkdir -p -- "$git_directory/info" && as_user bash -c 'printf "\n%s\n" "$2" >>"$1"' rollback "$file" "$line" || true
}

# The first time there is a real folder: it becomes the environment of the commit that ran with it, so that the way back exists.
put_away_environment() {
  local adopting="$environments/$previous.adopting"
  make_user_folder 755 "$environments"
  if environment_complete "$previous"; then
    run_tool take_in_environment "$directory/$environment_path" "$environments/$previous.replaced-$SSM_rollbackId" ||
      tool_failed environment-failed "$environment_path could not be moved aside to $environments."
    return
  fi
  run_tool adopt_environment "$adopting" || tool_failed environment-failed "$environment_path could not be moved to $environments/$previous."
}

# The marker is written before the folder moves: whoever finds the folder here knows that it is whole.
adopt_environment() { # folder
  as_user rm -rf -- "$1" "$environments/$previous" && as_user mkdir -p -- "$1" &&
    if [[ $SSM_installKind == npm ]]; then export_commit "$previous" "$1/source"; fi &&
    as_user bash -c 'printf "adopted\n" >"$1/.complete" && mkdir -p -- "$(dirname -- "$1/$2")"' rollback "$1" "$environment_inside" &&
    take_in_environment "$directory/$environment_path" "$1/$environment_inside" &&
    as_user mv -T -- "$1" "$environments/$previous"
}

# Between file systems mv is a copy that a kill would cut: copied under another name first.
take_in_environment() { # from, to
  if [[ $(stat -c %d -- "$1") == "$(stat -c %d -- "${2%/*}")" ]]; then
    as_user mv -T -- "$1" "$2"
    return
  fi
  as_user cp -a -T -- "$1" "$2.copying" && as_user mv -T -- "$2.copying" "$2" && as_user rm -rf -- "$1"
}

# An adoption that was killed: finished if the folder has arrived, else forgotten, for then it still lies in the code.
finish_interrupted_adoption() {
  local folder
  if [[ -z $environment_inside ]]; then return; fi
  for folder in "$environments/"*.adopting; do
    if [[ -e $folder/$environment_inside ]]; then
      as_user rm -rf -- "${folder%.adopting}" && as_user mv -T -- "$folder" "${folder%.adopting}"
    else
      as_user rm -rf -- "$folder"
    fi
  done
}
