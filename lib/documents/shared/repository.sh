# The application's git repository.

directory=''
git_directory=''
git_options=()

repository() { as_user git "${git_options[@]}" "$@"; }

# git with another index than the repository's: the file $1.
repository_with_index() {
  local index=$1
  shift
  as_user env "GIT_INDEX_FILE=$index" git "${git_options[@]}" "$@"
}

# Hooks stay off because the failure of one becomes that of the checkout; background upkeep because it outlives the script.
open_repository() {
  need git getent
  find_user
  if [[ ! -d $SSM_directory ]]; then fail directory-missing "$SSM_directory is no folder on this host. Correct code.directory in the manifest."; fi
  directory=$(cd -- "$SSM_directory" && pwd -P)
  if [[ ! -e $directory/.git ]]; then fail not-a-repository "$SSM_directory is not the root of a git repository, so there is nothing to check out."; fi
  git_options=(--literal-pathspecs -C "$directory" -c core.hooksPath=/dev/null -c gc.auto=0 -c maintenance.auto=false -c advice.detachedHead=false
    -c user.name=rollback -c user.email=rollback@localhost)
  local owner
  owner=$(stat -c %U -- "$directory/.git")
  if [[ $owner != "$SSM_user" ]]; then
    fail wrong-owner "The repository $SSM_directory belongs to $owner, the manifest's code.user is $SSM_user. Correct one of the two."
  fi
  git_directory=$(repository rev-parse --absolute-git-dir) && head_commit=$(repository rev-parse --verify --quiet 'HEAD^{commit}') ||
    fail repository-unreadable "git cannot read the repository $SSM_directory as $SSM_user. Run git status there to see why."
  head_branch=$(repository symbolic-ref --quiet --short HEAD || true)
}

commit_present() { repository cat-file -e "$1^{commit}" 2>/dev/null; }

require_commit() {
  if commit_present "$SSM_commit"; then return; fi
  fail commit-missing "The commit $SSM_commit is neither on this host nor on its remote. Push it there again, or choose another release."
}

# Files that git status lists, as $dirty_files. Changes nothing, not even the index's cache.
count_dirty_files() {
  dirty_files=$(repository --no-optional-locks status --porcelain | wc -l)
}

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
