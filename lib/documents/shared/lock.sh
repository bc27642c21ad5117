# What a document that changes something has besides: the lock, state that it writes, tools that may fail.

tool_output="$state/tool-output-$document"

make_folder() { # mode, path
  if [[ -d $2 ]]; then return; fi
  (umask 022 && mkdir -p -- "$2") && chmod "$1" -- "$2" || fail state-unwritable "$2 could not be made. Check the disk and its permissions."
}

# Makes a folder of the state that belongs to the owner of the code.
make_user_folder() { # mode, path
  if [[ -d $2 ]]; then return; fi
  make_folder "$1" "$2"
  if ((EUID == 0)); then chown -- "$SSM_user:" "$2"; fi
}

# Opens the application's state for a document that switches what runs: alone, and only while its lock was given to nobody else.
open_state() { open_state_as exclusive; }

# Opens it for a document that works off to the side: beside others of other names, and never while something is switched.
open_state_beside() {
  open_state_as shared
  { exec 8>>"$state/lock-$document"; } 2>/dev/null || lock_unopened
  take_lock 8 exclusive
}

# Files 8 and 9 stay open until the script ends, however it ends; children must not inherit them or the locks would outlive us.
open_state_as() { # shared or exclusive
  make_folder 755 "$SSM_stateDirectory"
  make_folder 755 "$state"
  { exec 9>>"$state/lock"; } 2>/dev/null || lock_unopened
  take_lock 9 "$1"
  : >"$tool_output"
  note_fence
}

# The highest fence never goes down, also when two documents work side by side.
note_fence() {
  { exec 7>>"$state/lock-fence"; } 2>/dev/null || lock_unopened
  take_lock 7 exclusive
  check_fence
  write_state "$state/fence" "$SSM_fence"
  exec 7>&-
}

take_lock() { # number of an open file, shared or exclusive
  need flock
  flock "--$2" -w "$SSM_lockSeconds" "$1" ||
    fail locked "Another host command of $SSM_application is at work since more than $SSM_lockSeconds s. Wait for it, then run this again."
}

lock_unopened() { fail state-unwritable "The locks in $state could not be opened. Check the disk and its permissions."; }

# Replaces the file $1 by the line $2 in one step.
write_state() {
  local temporary="$1.new-$document"
  if printf '%s\n' "$2" >"$temporary" && mv -fT -- "$temporary" "$1"; then return; fi
  rm -f -- "$temporary" || true
  if disk_is_full; then fail disk-full "The disk of $state is full. Make room, then run this again."; fi
  fail state-unwritable "$1 could not be written. Check the disk and its permissions."
}

# Runs a command whose output explains a failure. Kept in a file: a pipe would be held open by what the command leaves running.
run_tool() { "$@" >"$tool_output" 2>&1; }

# Tools say it when they can; when the disk holds not even their words, it is measured.
disk_is_full() {
  if grep -qE 'No space left on device|ENOSPC|Disk quota exceeded' -- "$tool_output" 2>/dev/null; then return 0; fi
  measure_free
  ((free_megabytes < 1))
}

# The last $1 lines of a tool's output, credentials in addresses blotted out.
end_of_output() { tail -n "$1" -- "$tool_output" 2>/dev/null | sed -E 's#(://)[^/@[:space:]]*@#\1***@#g' || true; }

# The end of a tool's output as $tool_tail: plain ASCII, 800 characters at most.
read_tool_tail() {
  tool_tail=$(end_of_output 20)
  tool_tail=${tool_tail//[^[:print:][:space:]]/?}
  if ((${#tool_tail} > 800)); then tool_tail=${tool_tail: -800}; fi
}

# Fails after run_tool did: $1 code unless the disk is full, $2 message.
tool_failed() {
  read_tool_tail
  if disk_is_full; then fail disk-full "The disk is full. Make room, then run this again. $2" "$tool_tail"; fi
  fail "$1" "$2" "$tool_tail"
}
