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
  git_directory=$(repository rev-parse --absolute-git-dir 'HEAD^{commit}' --symbolic-full-name HEAD) ||
    fail repository-unreadable "git cannot read the repository $SSM_directory as $SSM_user. Run git status there to see why."
  head_branch=${git_directory##*$'\n'}
  git_directory=${git_directory%$'\n'*}
  head_commit=${git_directory##*$'\n'}
  git_directory=${git_directory%$'\n'*}
  # Detached, HEAD is the name of nothing else.
  head_branch=${head_branch#HEAD}
  head_branch=${head_branch#refs/heads/}
}

commit_present() { repository cat-file -e "$1^{commit}" 2>/dev/null; }

# Files that git status lists, as $dirty_files. Changes nothing, not even the index's cache.
count_dirty_files() {
  dirty_files=$(repository --no-optional-locks status --porcelain | wc -l)
}
