# Switches this host to a commit and brings it up. Run again after a kill at any point, it ends where it would have ended.

previous='' previous_branch='' restarted_at='' services_json='[]' health_json=null error_count='' restored=null

# What a failure reports besides its message: where the host stands.
note_standing() {
  failure_fields="\"previousCommit\":\"$previous\",\"commit\":\"$(repository rev-parse HEAD)\",\"changed\":true,\"services\":$services_json,\"health\":$health_json"
}

# The marker says what this undo has put back, and that its changes are meant to be in the tree: commit, changes, files, files left.
restored_marker="$state/saved/$SSM_restoreSavedFrom.restored"

already_restored() {
  local commit changes files left
  if [[ -z $SSM_restoreSavedFrom || ! -s $restored_marker ]]; then return 1; fi
  read -r commit changes files left <"$restored_marker"
  [[ $commit == "$SSM_commit" ]] || return 1
  restored="{\"changes\":\"$changes\",\"files\":$files,\"filesLeft\":$left}"
}

# True when there is nothing to do: right code and environment, nothing half done, services up, healthy.
already_right() {
  if [[ -n $pending_stage || -e $pending_configuration || $head_commit != "$SSM_commit" ]]; then return 1; fi
  if operation_in_progress || ! environment_right; then return 1; fi
  if [[ -n $SSM_restoreSavedFrom ]]; then already_restored || return 1; elif tracked_changes; then return 1; fi
  observe_services
  [[ -n $services_up ]] && services_run_this_code && configuration_settled || return 1
  ask_health "$SSM_healthUrl"
  healthy
}

switched_configuration() {
  if configuration_touched; then configuration_fields; else printf '"configuration":null,"stays":null,"missingKeys":[],"addedKeys":[],"database":null'; fi
}

report() { # changed
  observe_services
  succeed "\"previousCommit\":\"$previous\",\"commit\":\"$SSM_commit\",\"changed\":$1,$(saved_fields),\"restored\":$restored,$(switched_configuration),\"services\":$services_json,\"health\":$health_json,\"errorsInLogs\":$(json_number "$error_count")"
}

# A run that was cut off knows what ran before it: HEAD may have moved since.
choose_previous() {
  previous=$head_commit
  previous_branch=$head_branch
  if [[ -n $pending_stage && $pending_commit == "$SSM_commit" && $head_commit == "$SSM_commit" ]]; then
    previous=$pending_previous
    previous_branch=${pending_branch#-}
  fi
}

# An undo puts local changes and moved files back. What no longer fits stays saved and is reported.
restore_saved() {
  local changes=none ref="refs/rollback/$SSM_restoreSavedFrom"
  if [[ -z $SSM_restoreSavedFrom ]] || already_restored; then return; fi
  # A run that was killed while it applied them has left some of them.
  run_tool repository reset --quiet --hard HEAD || tool_failed checkout-failed "The checkout of $SSM_commit could not be cleaned."
  if repository rev-parse --verify --quiet "$ref" >/dev/null; then
    changes=applied
    apply_saved "$ref" || changes=conflict
  fi
  return_saved_files "$SSM_restoreSavedFrom"
  make_folder 755 "$state/saved"
  write_state "$restored_marker" "$SSM_commit $changes $files_returned $files_left"
  already_restored
}

run_install_script() {
  local script=./$SSM_installScript
  if [[ $SSM_installKind != script ]]; then return; fi
  progress "running $SSM_installScript"
  if [[ -x $directory/$SSM_installScript ]]; then set -- "$script"; else set -- bash -- "$script"; fi
  run_tool as_user_in "$directory" 1200 "$@" ||
    tool_failed install-failed "$SSM_installScript of $SSM_commit failed. The code is switched, the services were not restarted."
  end_of_output 5
}

# A run that was cut off after its checkout does not save again: what differs from the commit then is what it restored itself.
switch_code() {
  if [[ $pending_stage != switching || $pending_commit != "$SSM_commit" || $head_commit != "$SSM_commit" ]]; then
    if [[ -n $SSM_restoreSavedFrom ]]; then rm -f -- "$restored_marker"; fi
    enter_stage saving
    save_tracked_changes
    move_collisions
    enter_stage checking-out
    check_out
  fi
  switch_environment
  enter_stage switching
  undo_step=''
  restore_saved
  run_install_script
  if configuration_touched; then replace_configuration; fi
}

bring_up() {
  undo_step=note_standing
  bring_up_services "$pending"
}

configuration_settled() {
  if ! configuration_touched; then return 0; fi
  configuration_right && services_started_since "$(configuration_changed_at)"
}

open_state
open_repository
locate_environment
clear_stale_locks
require_commit
require_untracked_environment
if configuration_touched; then compose_configuration; fi
read_pending
choose_environment
finish_interrupted_checkout
choose_previous
if already_right; then
  previous=$head_commit
  report false
fi
switch_code
bring_up
report true
