# Puts the chosen environment into its place and what was there aside: the way back.

environment='' # what is to be there: $place itself when it is to stay, a folder, the text of a link, or - for nothing
replaced=''    # what this run found there, in the same words
recorded=''

place_taken() { [[ -e $place || -L $place ]]; }

real_folder() { [[ -d $1 && ! -L $1 ]]; }

# True when the text of a link leads somewhere; a link that people made may be relative.
leads_somewhere() {
  case $1 in
    /*) [[ -e $1 ]] ;;
    *) [[ -e ${place%/*}/$1 ]] ;;
  esac
}

# What the rollback $1 took away from the commit $2, as $recorded; empty when it replaced nothing.
read_replaced() {
  local commit=''
  recorded=''
  if [[ -s $state/replaced/$1 ]]; then read -r commit recorded <"$state/replaced/$1" || true; fi
  if [[ $commit != "$2" ]]; then recorded=''; fi
}

# An undo goes back to what its rollback took away, whatever people had made of it: with that the commit ran.
choose_replaced() {
  if [[ -z $SSM_restoreSavedFrom ]]; then return 1; fi
  read_replaced "$SSM_restoreSavedFrom" "$SSM_commit"
  environment=$recorded
  if [[ $recorded == - ]] || { [[ -n $recorded ]] && leads_somewhere "$recorded"; }; then return; fi
  environment=$place
  # Not put aside yet, or brought back already.
  if [[ -n $recorded ]]; then
    real_folder "$place"
    return
  fi
  # The rollback ended before it came to the environment.
  place_taken && [[ $head_commit == "$SSM_commit" || $pending_rollback == "$SSM_restoreSavedFrom" ]]
}

# Fails before anything changes when no environment is ready or the present one could not be put aside.
choose_environment() {
  local owner
  if [[ -z $environment_inside ]]; then
    require_installable
    return
  fi
  if ! choose_replaced && ! find_environment "$SSM_commit"; then
    require_installable
    fail environment-missing "No environment is ready for $SSM_commit, or the one that was has been changed since. Run prepare-code for it first."
  fi
  if ! environment_right && real_folder "$place"; then
    owner=$(stat -c %U -- "$place")
    [[ $owner == "$SSM_user" ]] || fail wrong-owner "$place belongs to $owner, so $SSM_user cannot move it. Give it to $SSM_user (chown -R)."
  fi
}

environment_right() {
  if [[ -z $environment_inside || $environment == "$place" ]]; then return 0; fi
  if [[ $environment == - ]]; then ! place_taken; else [[ $(readlink -- "$place" || true) == "$environment" ]]; fi
}

switch_environment() {
  if [[ -z $environment_inside ]]; then return; fi
  ignore_environment
  if environment_right; then return; fi
  progress 'switching the environment'
  # What a move between file systems left that was killed.
  if [[ -e $place.arriving || -e $place.leaving ]]; then
    run_tool as_user rm -rf -- "$place.arriving" "$place.leaving" || tool_failed environment-failed "$place.leaving could not be removed."
  fi
  note_replaced
  if real_folder "$place"; then
    run_tool put_aside || tool_failed environment-failed "$environment_path could not be moved to $replaced."
  fi
  run_tool place_environment "$environment" || tool_failed environment-failed "The environment of $SSM_commit could not be put at $environment_path."
}

# `venv/` in .gitignore means folders, not the link: without this, git status and git clean would take it for a stray file.
ignore_environment() {
  local line="/$environment_path" file="$git_directory/info/exclude"
  if grep -qxF -- "$line" "$file" 2>/dev/null; then return; fi
  as_user mkdir -p -- "$git_directory/info" && as_user bash -c 'printf "\n%s\n" "$2" >>"$1"' rollback "$file" "$line" || true
}

# Records what is about to be replaced, before it is: commit and where it will be found. What a rollback's first run saw stays true; its
# own undo, which bears the same id, records nothing.
note_replaced() {
  local highest
  read_replaced "$SSM_rollbackId" "$previous"
  if [[ -L $place ]]; then
    replaced=$(readlink -- "$place")
  elif [[ ! -d $place ]]; then
    replaced=${recorded:--}
  elif [[ $recorded == "$environments/"* && ! -e $recorded ]]; then
    replaced=$recorded
  else
    find_highest "$previous"
    replaced="$environments/$previous/$((highest + 1))/$environment_inside"
  fi
  if [[ $SSM_rollbackId == "$SSM_restoreSavedFrom" || -s $state/replaced/$SSM_rollbackId ]]; then return; fi
  make_folder 755 "$state/replaced"
  write_state "$state/replaced/$SSM_rollbackId" "$previous $replaced"
}

# A real folder becomes an environment of the commit that ran with it.
put_aside() {
  make_user_folder 755 "$environments"
  { environment_intact "$place" "$previous" || mark_environment "$place" "$previous"; } &&
    as_user bash -c 'mkdir -p -- "${2%/*}" && printf "adopted\n" >"$1/recipe"' rollback "${replaced%"/$environment_inside"}" "$replaced" &&
    move_environment "$place" "$replaced"
}

# What was built stays where it was built for and gets a link. What was found in this place comes back to it as the folder that it was:
# links in it and what lies beside it in ignored folders belong to this place.
place_environment() {
  if [[ $1 == - ]]; then
    as_user rm -f -- "$place"
  elif [[ $1 == "$environments/"* && $(recipe_of "$1") == adopted ]]; then
    move_environment "$1" "$place"
  else
    as_user bash -c 'mkdir -p -- "${2%/*}" && ln -sfnT -- "$1" "$2.switching" && mv -fT -- "$2.switching" "$2"' rollback "$1" "$place"
  fi
}

# Between file systems a move is a copy that a kill would cut: it gets its name when it is whole, the original loses its own in one step.
move_environment() { # from, to
  local from=$1 devices
  devices=$(stat -c %d -- "$1" "${2%/*}") || return
  if [[ ${devices%$'\n'*} != "${devices#*$'\n'}" ]]; then
    from="$2.arriving"
    as_user rm -rf -- "$from" && as_user cp -a -T -- "$1" "$from" || return
  fi
  if [[ -L $2 ]]; then as_user rm -f -- "$2" || return; fi
  as_user mv -T -- "$from" "$2" || return
  if [[ $from != "$1" ]]; then as_user mv -T -- "$1" "$1.leaving" && as_user rm -rf -- "$1.leaving"; fi
}

# After a switch that failed: what was put aside comes back.
bring_back_replaced() {
  if [[ -z $replaced ]]; then return; fi
  if real_folder "$place"; then
    # It was never put aside, unless it is the kept one that was moved in.
    if [[ $environment != "$environments/"* || -e $environment ]]; then return; fi
    move_environment "$place" "$environment" || return
  fi
  if [[ $replaced == - ]] || leads_somewhere "$replaced"; then place_environment "$replaced"; fi
}
