# What the service keeps on a host: everything under <stateDirectory>/<application>.

state="$SSM_stateDirectory/$SSM_application"
highest_fence=''

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

# Megabytes that are free for the code and for the state, the smaller of the two, as $free_megabytes.
measure_free() {
  local path free
  local -a paths=()
  for path in "$SSM_directory" "$SSM_stateDirectory"; do
    # What is not there yet will lie in the nearest folder above it.
    while [[ ! -e $path ]]; do path=$(dirname -- "$path"); done
    paths+=("$path")
  done
  free=$(df --output=avail -B 1M -- "${paths[@]}")
  # A title, then one line a path.
  # shellcheck disable=SC2206
  paths=(${free//[^0-9]/ })
  free_megabytes=$((paths[0] < paths[1] ? paths[0] : paths[1]))
}
