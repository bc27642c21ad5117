# Switches the code. $previous is the commit to go back to, $previous_branch its branch.

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
  bring_back_replaced || good=false
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
