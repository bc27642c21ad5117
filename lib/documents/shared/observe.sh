# What can be seen of an application from outside: services, configuration file, health, journal.

# systemctl without our open files: what it starts must not hold the lock or the agent's output.
system() { systemctl "$@" 3>&- 7>&- 8>&- 9>&-; }

# States and main processes of the units that are given, in their order, as $service_states and $service_pids.
read_services() {
  local key value unit=0
  service_states=("${@/*/unknown}")
  service_pids=("${@/*/0}")
  # A blank line ends a unit. LoadState comes before ActiveState.
  while IFS='=' read -r key value; do
    case $key in
      '') unit=$((unit + 1)) ;;
      LoadState) if [[ $value == not-found ]]; then service_states[unit]=not-found; fi ;;
      ActiveState) if [[ ${service_states[unit]-} != not-found ]]; then service_states[unit]=$value; fi ;;
      MainPID) service_pids[unit]=${value//[^0-9]/} ;;
    esac
  done < <(system show --property=LoadState,ActiveState,MainPID -- "$@" 2>/dev/null)
}

# State and main process of the unit $1, as $service_state and $service_pid.
read_service() {
  read_services "$1"
  service_state=${service_states[0]}
  service_pid=${service_pids[0]}
}

# All services as JSON in $services_json; $services_up says whether each is active.
observe_services() {
  local unit separator='' list
  services_json='['
  services_up=yes
  split_list list "$SSM_applicationServices${SSM_applicationServices:+${SSM_proxyServices:+,}}$SSM_proxyServices"
  if ((${#list[@]} > 0)); then read_services "${list[@]}"; fi
  for unit in "${!list[@]}"; do
    if [[ ${service_states[unit]} != active ]]; then services_up=''; fi
    services_json+="$separator{\"name\":$(json_string "${list[unit]}"),\"state\":$(json_string "${service_states[unit]}"),\"mainPid\":$(json_number "${service_pids[unit]}")}"
    separator=,
  done
  services_json+=']'
}

# Checksum, mode and owner of the file $1 as JSON in $configuration_json. Never what it holds.
observe_configuration() {
  local sum status
  configuration_json=null
  if [[ -z $1 || ! -r $1 || ! -f $1 ]]; then return; fi
  sum=$(sha256sum <"$1")
  status=$(stat -L -c '%a %U:%G' -- "$1")
  configuration_json="{\"sha256\":\"${sum%% *}\",\"mode\":\"${status%% *}\",\"owner\":$(json_string "${status#* }")}"
}

# Asks the URL $1 once: $health_status (0 without an answer), $health_version, $health_json.
ask_health() {
  local body last status seconds fraction
  health_status=0
  health_version=''
  health_json=null
  if [[ -z $1 ]]; then return; fi
  # bash leaves NUL bytes out, and says so.
  { body=$(curl -q --silent --globoff --noproxy '*' --proto '=http,https' --connect-timeout 3 --max-time 10 --max-filesize 1048576 \
    --write-out '\n%{http_code} %{time_total}' --url "$1" | tail -c 65536 || true); } 2>/dev/null
  last=${body##*$'\n'}
  status=${last%% *}
  if [[ $status =~ ^[0-9]{3}$ ]]; then health_status=$((10#$status)); fi
  seconds=${last##* }
  fraction=${seconds#*.}000
  if [[ ${body%$'\n'*} =~ \"version\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9._+-]{1,64})\" ]]; then health_version=${BASH_REMATCH[1]}; fi
  health_json="{\"status\":$health_status,\"version\":$(json_text "$health_version"),\"milliseconds\":$(json_number "${seconds%%.*}${fraction:0:3}")}"
}

# Entries of priority error and worse that the units $1 (comma list) wrote since the epoch $2, as $error_count; empty when nobody can tell.
count_errors() {
  local unit units
  local -a arguments=(--quiet --no-pager -p err --since "@$2" -o short-unix)
  error_count=''
  split_list units "$1"
  if ((${#units[@]} == 0)) || [[ -z $2 ]] || ! command -v journalctl >/dev/null; then return; fi
  for unit in "${units[@]}"; do arguments+=(-u "$unit"); done
  # An entry begins with its time; further lines of its message are indented.
  error_count=$(journalctl "${arguments[@]}" 2>/dev/null | { grep -c '^[0-9]' || true; }) || error_count=''
}
