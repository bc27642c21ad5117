# Brings services up on what lies on the disk, and insists that they stay up.

# Seconds since the epoch as $clock, with six digits after the point. bash has them itself since its version 5.
read_clock() { clock=${EPOCHREALTIME:-$(date +%s.%6N)}; }

# HUP or a graceful reload would keep old code: the services are stopped and started. What the old code writes while it dies is not
# counted against the new: $restarted_at lies between the two.
restart_services() {
  local name list
  split_list list "$SSM_applicationServices"
  progress "restarting $SSM_applicationServices"
  for name in "${list[@]}"; do system stop -- "$name" || true; done
  read_clock
  restarted_at=$clock
  for name in "${list[@]}"; do
    system reset-failed -- "$name" 2>/dev/null || true
    if ! system restart -- "$name"; then
      observe_services
      fail service-failed "$name could not be started. Read journalctl -u $name on the host."
    fi
  done
  await_services "${list[@]}"
}

# `restart` succeeds even when the program dies at once: every unit has to stay active with one main process for the settle time.
await_services() {
  local name now sick calm_since deadline=$((SECONDS + SSM_settleSeconds + 30)) restarts=0 pids last=''
  read_clock
  calm_since=${clock/./}
  while :; do
    sick=''
    pids=''
    for name in "$@"; do
      read_service "$name"
      pids+="$service_pid "
      if [[ $service_state == failed || $service_state == inactive || $service_state == not-found ]]; then
        observe_services
        fail service-failed "$name is $service_state after its restart. Read journalctl -u $name on the host."
      fi
      if [[ $service_state != active ]]; then sick=$name; fi
    done
    read_clock
    now=${clock/./}
    if [[ -n $sick || $pids != "$last" ]]; then
      if [[ -n $last ]]; then restarts=$((restarts + 1)); fi
      last=$pids
      calm_since=$now
    fi
    if ((now - calm_since >= 10#$SSM_settleSeconds * 1000000)); then return; fi
    if ((SECONDS >= deadline)); then
      observe_services
      fail service-failed "The services did not stay up (${sick:-their main process keeps changing}). Read journalctl on the host."
    fi
    sleep 0.2
  done
}

# True when no main process is older than the last move of HEAD: somebody may have switched the code and not restarted.
services_run_this_code() {
  services_started_since "$(stat -c %Y -- "$git_directory/logs/HEAD" 2>/dev/null || stat -c %Y -- "$git_directory/HEAD")"
}

# True when no main process is older than the time $1, in epoch seconds.
services_started_since() {
  local name list now up stat
  local -a fields
  split_list list "$SSM_applicationServices"
  read -r up _ </proc/uptime
  now=$(date +%s)
  for name in "${list[@]}"; do
    read_service "$name"
    if ((service_pid == 0)); then continue; fi
    { read -r stat <"/proc/$service_pid/stat"; } 2>/dev/null || return 1
    # Behind the program's name, which may hold blanks; the 22nd field of all is the start in ticks since boot.
    stat=${stat##*) }
    # shellcheck disable=SC2206
    fields=($stat)
    # A second is lost by rounding.
    if ((now - ${up%.*} + fields[19] / $(getconf CLK_TCK) + 1 < $1)); then return 1; fi
  done
}

reload_proxies() {
  local name list
  split_list list "$SSM_proxyServices"
  for name in "${list[@]}"; do
    if [[ ${name%.service} == nginx ]] && command -v nginx >/dev/null && ! nginx -t 3>&- 7>&- 8>&- 9>&-; then
      fail proxy-invalid 'nginx -t refuses its configuration, so nginx was not reloaded and serves as before. Correct it on the host.'
    fi
    # One that does not run is started, one that cannot reload is restarted.
    system reload-or-restart -- "$name" || fail service-failed "$name could not be reloaded or started. Read journalctl -u $name on the host."
  done
}

# Says that the configuration was replaced and the services not restarted since: whoever comes next has to do it.
pending_configuration="$state/pending-configuration"

# Restarts the services, then takes away the mark $1 of what was begun, then insists on health.
bring_up_services() {
  if [[ -n $SSM_applicationServices ]]; then restart_services; else read_clock && restarted_at=$clock; fi
  reload_proxies
  rm -f -- "$pending_configuration" ${1:+"$1"}
  if [[ -n $SSM_healthUrl ]]; then await_health; fi
  check_error_log
}

# What a failure reports besides its message: where the host stands.
note_services() {
  observe_services
  failure_fields="\"changed\":true,\"services\":$services_json,\"health\":$health_json"
}

healthy() {
  [[ -z $SSM_healthUrl ]] && return
  [[ $health_status == 200 ]] && [[ -z $SSM_expectedVersion || -z $health_version || $health_version == "$SSM_expectedVersion" ]]
}

await_health() {
  local deadline=$((SECONDS + 10#$SSM_healthAttemptSeconds)) attempt
  for ((attempt = 1; ; attempt++)); do
    ask_health "$SSM_healthUrl"
    if healthy; then return; fi
    if ((SECONDS >= deadline)); then break; fi
    # Most come up at once; what takes longer is not asked as often.
    if ((attempt < 40)); then sleep 0.02; else sleep 0.2; fi
  done
  observe_services
  fail health-failed "The health URL answered ${health_status/#0/nothing}${health_version:+ with version $health_version}, wanted 200${SSM_expectedVersion:+ with version $SSM_expectedVersion}, for $SSM_healthAttemptSeconds s."
}

check_error_log() {
  count_errors "$SSM_logUnits" "$restarted_at"
  if [[ -z $SSM_maxErrors || -z $error_count ]]; then return; fi
  if ((error_count > 10#$SSM_maxErrors)); then
    observe_services
    fail errors-in-logs "$error_count errors since the restart, $SSM_maxErrors allowed. Read journalctl -p err on the host."
  fi
}
