# shellcheck shell=bash
# What systemctl, the supervisor and the host's start and end share: unit files, states and processes of one host's services.
# Sourced. HOST_ROOT is the host's folder, HOST_KEEPER "pid starttime" of the process without which no service is to live on.

export LC_ALL=C
: "${HOST_ROOT:?names the host\'s folder}"
libexec=${BASH_SOURCE[0]%/*}
states=$HOST_ROOT/run/systemd/units

# unit_file UNIT: its path in REPLY.
unit_file() { REPLY=$HOST_ROOT/etc/systemd/system/$1.service; }

# settings UNIT KEY: every value of a key in the array VALUES, continued lines joined.
settings() {
  local line joined=''
  VALUES=()
  unit_file "$1"
  [[ -r $REPLY ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ ^[[:space:]]*[#\;] ]]; then continue; fi
    joined+=$line
    if [[ $joined == *\\ ]]; then
      joined="${joined%\\} "
      continue
    fi
    if [[ $joined == "$2="* ]]; then VALUES+=("${joined#*=}"); fi
    joined=''
  done <"$REPLY"
}

# setting UNIT KEY [DEFAULT]: the last value of a key in REPLY.
setting() {
  settings "$1" "$2"
  REPLY=${3:-}
  if ((${#VALUES[@]})); then REPLY=${VALUES[-1]:-${3:-}}; fi
}

# microseconds TEXT: 5, 5s, 0.5s, 100ms, 1min as a number in REPLY.
microseconds() {
  local unit=1000000 whole fraction
  [[ $1 =~ ^([0-9]*)(\.([0-9]+))?\ *(ms|s|min)?$ ]] || { REPLY=0; return 0; }
  whole=${BASH_REMATCH[1]:-0} fraction=${BASH_REMATCH[3]}000000
  case ${BASH_REMATCH[4]} in ms) unit=1000 ;; min) unit=60000000 ;; esac
  REPLY=$((10#$whole * unit + 10#${fraction:0:6} * unit / 1000000))
}

# read_clock: microseconds since the epoch in REPLY; the clock's text has six digits after its point.
read_clock() { REPLY=${EPOCHREALTIME/./}; }

# setting_until UNIT KEY DEFAULT: when the time that a setting gives is over, in REPLY.
setting_until() {
  local length
  setting "$@"
  microseconds "$REPLY"
  length=$REPLY
  read_clock
  REPLY=$((REPLY + length))
}

# nap SECONDS: sleeps without a process of its own, of which waiting for many services would start hundreds a second.
nap() {
  [[ -n ${silence:-} ]] || exec {silence}<> <(:)
  read -rt "$1" -u "$silence" || true
}

# note UNIT PRIORITY MESSAGE: a line of the service manager itself in the unit's journal.
note() {
  printf '%s\t%s\t%s\t%s\n' "$EPOCHREALTIME" "$2" 'systemd[1]' "$3" >>"$HOST_ROOT/var/log/journal/$1.log"
}

# process_start PID: start time in REPLY; fails when there is no such process or only its zombie.
process_start() {
  local stat
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # the fields are numbers
  set -- ${stat##*) }
  [[ $1 != [ZX] ]] || return 1
  REPLY=${20}
}

# alive PID START: the very process that was recorded, not another one with its number.
alive() { [[ -n ${1:-} && ${1:-0} != 0 ]] && process_start "$1" && [[ $REPLY == "${2:-}" ]]; }

# recorded UNIT NAME: the process that was recorded under a name still runs; its pid in RECORDED.
recorded() {
  local start
  RECORDED=0
  { read -r RECORDED start <"$states/$1/$2"; } 2>/dev/null || { RECORDED=0; return 1; }
  alive "$RECORDED" "$start" || { RECORDED=0; return 1; }
}

# record UNIT NAME PID
record() {
  process_start "$3" || REPLY=0
  printf '%s %s\n' "$3" "$REPLY" >"$states/$1/$2"
}

# write_state UNIT ACTIVE SUB RESULT EXIT RESTARTS
write_state() {
  local unit=$1
  shift
  printf '%s\n' "$*" >"$states/$unit/state.$BASHPID"
  mv "$states/$unit/state.$BASHPID" "$states/$unit/state"
}

# read_state UNIT: ACTIVE SUB RESULT EXIT_STATUS RESTARTS MAIN_PID
read_state() {
  ACTIVE=inactive SUB=dead RESULT=success EXIT_STATUS=0 RESTARTS=0 MAIN_PID=0
  { read -r ACTIVE SUB RESULT EXIT_STATUS RESTARTS <"$states/$1/state"; } 2>/dev/null || return 0
  [[ $ACTIVE == active || $ACTIVE == activating || $ACTIVE == deactivating ]] || return 0
  if recorded "$1" main; then
    MAIN_PID=$RECORDED
  elif [[ $SUB != exited ]] && ! recorded "$1" supervisor; then
    ACTIVE=inactive SUB=dead
  fi
}

# unit_processes UNIT: the control group: the main process's group, and whatever carries the run's invocation id.
unit_processes() {
  local main invocation stat file
  { read -r main _ <"$states/$1/main" && read -r invocation <"$states/$1/invocation"; } 2>/dev/null || return 0
  for file in /proc/[0-9]*/stat; do
    { IFS= read -r stat <"$file"; } 2>/dev/null || continue
    # shellcheck disable=SC2086 # the fields are numbers
    set -- ${stat##*) }
    file=${file%/stat}
    if [[ $1 != [ZX] && $3 == "$main" ]]; then printf '%s\n' "${file#/proc/}"; fi
  done
  grep -lsxzF "INVOCATION_ID=$invocation" /proc/[0-9]*/environ | sed -E 's|^/proc/([0-9]+)/.*|\1|' || true
}

# signal_unit UNIT SIGNAL
signal_unit() {
  local pids
  pids=$(unit_processes "$1" | sort -u)
  # shellcheck disable=SC2086 # one word a pid
  [[ -z $pids ]] || kill -s "$2" $pids 2>/dev/null || true
}

# end_unit UNIT: SIGTERM, then SIGKILL after TimeoutStopSec. The supervisor is told before not to restart it.
end_unit() {
  local deadline
  : >"$states/$1/stopping"
  signal_unit "$1" TERM
  setting_until "$1" TimeoutStopSec 5
  deadline=$REPLY
  # All processes are looked through only once the main one is gone.
  while recorded "$1" main || [[ -n $(unit_processes "$1") ]]; do
    read_clock
    if ((REPLY > deadline)); then
      printf 'timeout\n' >"$states/$1/stopping"
      note "$1" 4 "$1.service: State 'stop-sigterm' timed out. Killing."
      signal_unit "$1" KILL
    fi
    nap 0.02
  done
}

# stop_unit UNIT: ends the unit's processes and waits until its supervisor has gone.
stop_unit() {
  local tries=0
  recorded "$1" supervisor || recorded "$1" main || return 0
  end_unit "$1"
  while recorded "$1" supervisor && ((tries++ < 150)); do nap 0.02; done
  if recorded "$1" supervisor; then kill -KILL "$RECORDED" 2>/dev/null || true; fi
}

# start_allowed UNIT: counts a start; fails once there were StartLimitBurst of them within StartLimitIntervalSec.
start_allowed() {
  local starts=$states/$1/starts time interval burst recent=()
  setting "$1" StartLimitBurst 5
  burst=$REPLY
  setting "$1" StartLimitIntervalSec 10
  microseconds "$REPLY"
  interval=$REPLY
  read_clock
  if [[ -e $starts ]]; then
    while read -r time; do if ((REPLY - time < interval)); then recent+=("$time"); fi; done <"$starts"
  fi
  ((${#recent[@]} < burst)) || return 1
  printf '%s\n' "${recent[@]}" "$REPLY" >"$starts"
}
