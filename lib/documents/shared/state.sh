# What the service keeps on a host: everything under <stateDirectory>/<application>.

state="$SSM_stateDirectory/$SSM_application"
tool_output="$state/tool-output"
highest_fence=''

make_folder() { # mode, path
  if [[ -d $2 ]]; then return; fi
  mkdir -p -- "$2" && chmod "$1" -- "$2" || fail state-unwritable "$2 could not be made. Check the disk and its permissions."
}

# Opens the application's state for a document that changes something: one at a time, and none whose lock was given to another.
open_state() {
  make_folder 755 "$SSM_stateDirectory"
  make_folder 755 "$state"
  take_lock
  check_fence
  write_state "$state/fence" "$SSM_fence"
}

# File 9 stays open until the script ends, however it ends; children must not inherit it or the lock would outlive us.
take_lock() {
  need flock
  { exec 9>>"$state/lock"; } 2>/dev/null || fail state-unwritable "$state/lock could not be opened. Check the disk and its permissions."
  flock -w "$SSM_lockSeconds" 9 ||
    fail locked "Another host command of $SSM_application is at work since more than $SSM_lockSeconds s. Wait for it, then run this again."
  : >"$tool_output"
}

read_fence() {
  highest_fence=''
  if [[ -r $state/fence ]]; then read -r highest_fence <"$state/fence" || true; fi
  if [[ -n $highest_fence && ! $highest_fence =~ ^[0-9]{1,15}$ ]]; then
    fail state-damaged "$state/fence holds no number. Look into it by hand: it says who may change this host."
  fi
}

check_fence() {
  read_fence
  if [[ -n $SSM_fence && -n $highest_fence ]] && ((10#$SSM_fence < 10#$highest_fence)); then
    fail stale-fence "This host has seen the lock $highest_fence, this command holds the older $SSM_fence: another rollback took over. Do not repeat it."
  fi
}

# Replaces the file $1 by the line $2 in one step.
write_state() {
  local temporary="$1.new"
  if printf '%s\n' "$2" >"$temporary" && mv -fT -- "$temporary" "$1"; then return; fi
  rm -f -- "$temporary" || true
  if disk_is_full; then fail disk-full "The disk of $state is full. Make room, then run this again."; fi
  fail state-unwritable "$1 could not be written. Check the disk and its permissions."
}

# Megabytes that are free at the path $1 or at the nearest folder above it that exists, as $free_megabytes.
measure_free() {
  local path=$1
  while [[ ! -e $path ]]; do path=$(dirname -- "$path"); done
  free_megabytes=$(df --output=avail -B 1M -- "$path" | tail -n 1)
  free_megabytes=${free_megabytes//[^0-9]/}
}

# The smaller of what is free for the code and for the state, as $free_megabytes.
measure_free_for_all() {
  local code
  measure_free "$SSM_directory"
  code=$free_megabytes
  measure_free "$SSM_stateDirectory"
  if ((code < free_megabytes)); then free_megabytes=$code; fi
}

# Runs a command whose output explains a failure. Kept in a file: a pipe would be held open by what the command leaves running.
run_tool() { "$@" >"$tool_output" 2>&1; }

# Tools say it when they can; when the disk holds not even their words, it is measured.
disk_is_full() {
  if grep -qE 'No space left on device|ENOSPC|Disk quota exceeded' -- "$tool_output" 2>/dev/null; then return 0; fi
  measure_free_for_all
  ((free_megabytes < 1))
}

# The end of a tool's output as $tool_tail: plain ASCII, 800 characters at most, credentials in addresses blotted out.
read_tool_tail() {
  tool_tail=$(tail -n 20 -- "$tool_output" 2>/dev/null | sed -E 's#(://)[^/@[:space:]]*@#\1***@#g' || true)
  tool_tail=${tool_tail//[^[:print:][:space:]]/?}
  if ((${#tool_tail} > 800)); then tool_tail=${tool_tail: -800}; fi
}

# Fails after run_tool did: $1 code unless the disk is full, $2 message.
tool_failed() {
  read_tool_tail
  if disk_is_full; then fail disk-full "The disk is full. Make room, then run this again. $2" "$tool_tail"; fi
  fail "$1" "$2" "$tool_tail"
}
