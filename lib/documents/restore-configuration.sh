# Brings the configuration file to an earlier content, or DATABASE_URL in it to another address, and the services up on it. Run again
# after a kill at any point, it ends where it would have ended.

services_json='[]' health_json=null error_count=''

report() { # changed
  succeed "$(configuration_fields),\"changed\":$1,\"services\":$services_json,\"health\":$health_json,\"errorsInLogs\":$(json_number "$error_count")"
}

# True when there is nothing to do: nothing half done, the file right, the services up on it and healthy.
already_right() {
  if [[ -e $pending_configuration ]] || ! configuration_right; then return 1; fi
  observe_services
  [[ -n $services_up ]] && services_started_since "$(configuration_changed_at)" || return 1
  ask_health "$SSM_healthUrl"
  healthy
}

if [[ $SSM_checkOnly == yes ]]; then open_state_beside; else open_state; fi
compose_configuration
if [[ $SSM_checkOnly == yes ]]; then report false; fi
if already_right; then report false; fi
write_state "$pending_configuration" "$SSM_rollbackId"
replace_configuration
undo_step=note_services
bring_up_services ''
observe_services
report true
