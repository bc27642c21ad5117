# Stops the services of the application, or starts them. What is as it is to be is left alone.

services_json='[]' health_json=null error_count='' restarted_at=''

report() { # changed
  observe_services
  succeed "\"changed\":$1,\"services\":$services_json,\"health\":$health_json,\"errorsInLogs\":$(json_number "$error_count")"
}

# The services of $list that still run, as $running. `deactivating` still runs.
find_running() {
  local name
  running=()
  for name in "${list[@]}"; do
    read_service "$name"
    if [[ $service_state == not-found ]]; then fail service-missing "This host has no unit $name. Correct services.application in the manifest."; fi
    if [[ $service_state != inactive && $service_state != failed ]] || ((service_pid != 0)); then running+=("$name"); fi
  done
}

# Not by `system`, which timeout cannot run. In the foreground: nothing may leave the process group.
stop_for_a_while() { timeout --foreground -k 5 30 systemctl stop -- "$@" 3>&- 7>&- 8>&- 9>&-; }

stop_services() {
  local deadline=$((SECONDS + 30))
  local -a list=() running=()
  split_list list "$SSM_applicationServices"
  find_running
  if ((${#running[@]} == 0)); then report false; fi
  progress "stopping ${running[*]}"
  undo_step=note_services
  # All at once; systemd goes on with it when the time is up.
  stop_for_a_while "${running[@]}" || true
  while :; do
    find_running
    if ((${#running[@]} == 0)); then report true; fi
    if ((SECONDS >= deadline)); then break; fi
    sleep 0.1
  done
  fail service-not-stopped "${running[*]} is not stopped after 30 s. Read journalctl -u ${running[0]} on the host, then run this again."
}

start_services() {
  observe_services
  if [[ -n $services_up && ! -e $pending_configuration ]]; then
    ask_health "$SSM_healthUrl"
    if healthy; then report false; fi
  fi
  undo_step=note_services
  bring_up_services ''
  report true
}

open_state
if [[ $SSM_operation == stop ]]; then stop_services; else start_services; fi
