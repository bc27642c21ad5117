# Begins every document: strict mode, parameters from the environment, one answer, and no exit code but 0 and 1 (194 reboots the host).
set -Eeuo pipefail
shopt -s inherit_errexit nullglob

# Only the answer goes to the real stdout (file 3): the head of the output is all that is kept, and it is to be the result.
exec 3>&1 1>&2 </dev/null
umask 077
export LC_ALL=C NO_COLOR=1 PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
cd /

host=${AWS_SSM_INSTANCE_ID:-$HOSTNAME}
answered=''
failed_line=''
undo_step=''      # a function that a failure calls, once, before it is reported
leave_step=''     # a function that the end calls, however it comes
failure_fields='' # JSON members that a failure adds to its report

# Prints the one JSON line. $1 true or false, $2 its further members.
answer() {
  answered=yes
  printf '{"document":%s,"host":%s,"ok":%s%s}\n' "$(json_string "$document")" "$(json_string "$host")" "$1" "${2:+,$2}" >&3
}

succeed() {
  answer true "$1"
  exit 0
}

# Ends the run. $1 code, $2 what happened and what to do, $3 detail from a tool.
fail() {
  local fields hook=$undo_step
  undo_step=''
  fields="\"error\":$(json_string "$1"),\"message\":$(json_string "$2")"
  if [[ -n ${3-} ]]; then fields+=",\"detail\":$(json_string "$3")"; fi
  # What a failure of the way back would say matters less than what sent us there.
  if [[ -n $hook ]]; then "$hook" || true; fi
  answer false "$fields${failure_fields:+,$failure_fields}"
  exit 1
}

on_exit() {
  local code=$?
  trap - ERR EXIT
  if [[ -n $leave_step ]]; then "$leave_step" || true; fi
  if [[ -z $answered ]]; then
    set +e
    (fail unexpected "The script ended with code $code at line ${failed_line:-?}. Read the command's stderr; running it again is safe.")
    exit 1
  fi
  exit "$((code != 0))"
}
trap 'failed_line=$LINENO' ERR
trap on_exit EXIT
trap 'fail interrupted "The script was told to stop. Running it again finishes what it began."' TERM INT HUP

progress() { TZ=UTC printf '%(%H:%M:%S)T %s\n' -1 "$1"; }

# An agent before 3.3.2746.0 sets no variables; a line break could get past a pattern whose dialect reads `$` as the end of a line.
read_parameters() {
  local name variable
  for name in "$@"; do
    variable="SSM_$name"
    if [[ -z ${!variable+set} ]]; then
      fail agent-too-old "The agent did not set $variable: it has to be 3.3.2746.0 or later. Update the SSM agent of this host."
    fi
    if [[ ${!variable} == *[[:cntrl:]]* ]]; then
      fail invalid-parameter "The parameter $name holds a control character."
    fi
    # Nothing that is started here needs to see them.
    export -n "${variable?}"
  done
}

# Splits a comma list into the array that $1 names. Not by a here-string: those need room on the disk.
split_list() {
  local -n into=$1
  local IFS=,
  set -f
  # shellcheck disable=SC2206
  into=($2)
  set +f
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail tool-missing "$tool is not on the PATH of this host's agent. Install it, or run the rollback without what needs it."
  done
}
