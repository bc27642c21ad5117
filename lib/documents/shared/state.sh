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
