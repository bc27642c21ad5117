# Lock files that a killed git left behind.

git_is_running() {
  local process name where
  for process in /proc/[0-9]*; do
    name=''
    { read -r name <"$process/comm"; } 2>/dev/null || continue
    if [[ $name != git* ]]; then continue; fi
    where=$(readlink -- "$process/cwd" 2>/dev/null) || continue
    if [[ $where/ == "$directory"/* || $where/ == "$git_directory"/* ]]; then return 0; fi
  done
  return 1
}

# A lock of git's is stale when no git runs here and it is some seconds old: then its owner was killed.
clear_stale_locks() {
  local attempt lock locks age
  for attempt in {1..12}; do
    locks=("$git_directory"/*.lock)
    if ((${#locks[@]} == 0)); then return; fi
    if ! git_is_running; then
      for lock in "${locks[@]}"; do
        age=$(($(date +%s) - $(stat -c %Y -- "$lock" 2>/dev/null || date +%s)))
        if ((age >= 2)); then
          progress "removing the stale $lock"
          as_user rm -f -- "$lock"
        fi
      done
      locks=("$git_directory"/*.lock)
      if ((${#locks[@]} == 0)); then return; fi
    fi
    sleep 0.5
  done
  fail repository-busy "Another git works in $SSM_directory, or its lock ${locks[0]##*/} cannot be removed. Wait for it or end it, then run this again."
}
