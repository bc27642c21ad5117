# Gets everything ready that a switch to the commit needs, off to the side. Nothing that runs is touched.

least_free_megabytes=50

# First the commit alone, then all there is: not every server gives out single commits.
fetch_commit() {
  fetched=false
  if commit_present "$SSM_commit"; then return; fi
  progress "fetching $SSM_commit"
  if ! run_tool as_user timeout --foreground -k 10 120 git "${git_options[@]}" fetch --quiet --no-tags origin "$SSM_commit" &&
    ! run_tool as_user timeout --foreground -k 10 300 git "${git_options[@]}" fetch --quiet --tags --force origin '+refs/heads/*:refs/remotes/origin/*'; then
    tool_failed fetch-failed "The remote origin could not be read, and the commit $SSM_commit is not on this host. Check its network and access, then run this again."
  fi
  require_commit
  fetched=true
}

require_free_space() {
  measure_free
  if ((free_megabytes >= least_free_megabytes)); then return; fi
  fail disk-full "$free_megabytes MB are free, $least_free_megabytes MB are needed at least. Make room on the host, then run this again."
}

prepare_environment() {
  outcome=present
  if [[ -n $environment_inside ]] && find_environment "$SSM_commit"; then return; fi
  require_installable
  outcome=none
  if [[ -z $environment_inside ]]; then return; fi
  make_user_folder 755 "$environments"
  make_user_folder 755 "$state/cache"
  discard_damaged
  build_environment
  outcome=built
}

open_state_beside
open_repository
locate_environment
require_free_space
fetch_commit
require_untracked_environment
prepare_environment
measure_free
succeed "\"commit\":\"$SSM_commit\",\"fetched\":$fetched,\"environment\":\"$outcome\",\"freeMegabytes\":$free_megabytes"
