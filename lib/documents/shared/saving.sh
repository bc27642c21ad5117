# Keeps what a checkout would destroy: changes of tracked files become a commit, files in the way are moved aside. Nothing is deleted.

saved_ref=''
saved_files="$state/saved/$SSM_rollbackId"

operation_in_progress() {
  local name
  for name in MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD rebase-merge rebase-apply; do
    if [[ -e $git_directory/$name ]]; then return 0; fi
  done
  return 1
}

tracked_changes() { [[ -n $(repository status --porcelain --untracked-files=no) ]]; }

# Where the changes are kept. What an undo finds on a host that it takes away from the target came there with the target: under the
# rollback's own name it would be taken for what was there before, and put back.
name_saved_ref() {
  base="refs/rollback/$SSM_rollbackId"
  if [[ $SSM_restoreSavedFrom == "$SSM_rollbackId" && $head_commit != "$SSM_commit" ]]; then base+=.undo; fi
}

# Saves staged and unstaged changes as refs/rollback/<rollbackId>, a commit that git stash can apply. A second run does not replace the first's.
save_tracked_changes() {
  local commit base number=1 message="saved before rollback $SSM_rollbackId"
  if ! tracked_changes && ! operation_in_progress; then return; fi
  progress 'saving local changes'
  if run_tool repository stash create "$message"; then
    commit=$(tail -n 1 -- "$tool_output")
  else
    # An unfinished merge has no index to save: its files are kept as they stand, marks of conflicts included.
    save_work_tree "$message"
  fi
  if [[ ! $commit =~ ^[0-9a-f]{40,64}$ ]]; then
    if operation_in_progress; then quit_operation; fi
    return
  fi
  name_saved_ref
  saved_ref=$base
  while repository rev-parse --verify --quiet "$saved_ref" >/dev/null; do
    if same_changes "$saved_ref" "$commit"; then break; fi
    number=$((number + 1))
    saved_ref="$base.$number"
  done
  run_tool repository update-ref "$saved_ref" "$commit" || tool_failed save-failed 'The local changes could not be saved. Nothing was changed.'
  if operation_in_progress; then quit_operation; fi
}

same_changes() { [[ $(repository rev-parse "$1^{tree}" "$1^2^{tree}") == "$(repository rev-parse "$2^{tree}" "$2^2^{tree}")" ]]; }

# Commits the tracked files as they are, in the shape of a stash; sets the caller's $commit.
save_work_tree() {
  local index="$git_directory/rollback-index" tree staged
  run_tool repository_with_index "$index" read-tree HEAD && run_tool repository_with_index "$index" add --update -- . &&
    tree=$(repository_with_index "$index" write-tree) &&
    staged=$(repository commit-tree -p HEAD -m "$1: index" "$tree") &&
    commit=$(repository commit-tree -p HEAD -p "$staged" -m "$1" "$tree") ||
    tool_failed save-failed 'The local changes could not be saved. Nothing was changed.'
  as_user rm -f -- "$index"
}

# Ends a merge, rebase or the like where it stands. HEAD stays; what was changed has been saved.
quit_operation() {
  if [[ -e $git_directory/rebase-merge || -e $git_directory/rebase-apply/rebasing ]]; then repository rebase --quit; fi
  if [[ -e $git_directory/rebase-apply ]]; then repository am --quit; fi
  run_tool repository reset --quiet --hard HEAD || tool_failed checkout-failed 'The unfinished merge or rebase could not be ended.'
}

# Files that git does not track where the commit has files or folders, ignored ones as well, as $collisions.
find_collisions() {
  local path blocker
  local -a added=()
  local -A sound=()
  collisions=()
  repository diff-index --cached --name-only -z --diff-filter=D "$SSM_commit" >"$state/paths" ||
    fail save-failed "The files of $SSM_commit could not be compared with those on the host. Nothing was changed."
  mapfile -d '' -t added <"$state/paths"
  for path in "${added[@]}"; do
    find_blocker "$path"
    if [[ -n $blocker ]]; then
      if ! repository ls-files --error-unmatch -- "$blocker" >/dev/null 2>&1; then collisions+=("$blocker"); fi
    elif [[ -d $directory/$path && ! -L $directory/$path ]]; then
      repository ls-files --others -z -- "$path" >"$state/paths"
      mapfile -d '' -t -O "${#collisions[@]}" collisions <"$state/paths"
    elif [[ -e $directory/$path || -L $directory/$path ]]; then
      collisions+=("$path")
    fi
  done
}

# Finds the file or link that stands where a folder on the way to $1 belongs; sets $blocker and remembers in $sound what is none.
find_blocker() {
  local rest=$1 above=''
  blocker=''
  while [[ $rest == */* ]]; do
    above+=${rest%%/*}
    rest=${rest#*/}
    if [[ -z ${sound[$above]-} ]]; then
      if [[ -L $directory/$above || (-e $directory/$above && ! -d $directory/$above) ]]; then
        blocker=$above
        return
      fi
      sound[$above]=yes
    fi
    above+=/
  done
}

# Moves the NUL-separated paths on stdin from one folder to another. $3 --backup=numbered keeps what is there, --no-clobber leaves both.
move_files() { # from, to, option
  as_user bash -c '
    while IFS= read -r -d "" path; do
      if [ "$3" = --no-clobber ] && { [ -e "$2/$path" ] || [ -L "$2/$path" ]; }; then continue; fi
      case $path in */*) mkdir -p -- "$2/${path%/*}" || exit 1 ;; esac
      mv "$3" -T -- "$1/$path" "$2/$path" || exit 1
    done' rollback "$@"
}

move_collisions() {
  find_collisions
  if ((${#collisions[@]} == 0)); then return; fi
  progress "moving ${#collisions[@]} files aside"
  make_folder 755 "$state/saved"
  make_user_folder 700 "$saved_files"
  printf '%s\0' "${collisions[@]}" | sort -zu >"$state/paths"
  run_tool move_files "$directory" "$saved_files" --backup=numbered <"$state/paths" ||
    tool_failed save-failed "Files in the way of $SSM_commit could not be moved to $saved_files. The code was not changed."
}

# Moves what was saved for rollback $1 back where nothing has taken its place; the rest is counted in $files_left.
return_saved_files() {
  local from="$state/saved/$1"
  files_returned=0
  files_left=0
  if [[ ! -d $from ]]; then return; fi
  local -a before=() after=()
  list_saved_files "$from" >"$state/paths"
  mapfile -d '' -t before <"$state/paths"
  run_tool move_files "$from" "$directory" --no-clobber <"$state/paths" || true
  mapfile -d '' -t after < <(list_saved_files "$from")
  files_left=${#after[@]}
  files_returned=$((${#before[@]} - files_left))
}

list_saved_files() { find "$1" -mindepth 1 ! -type d -printf '%P\0' | sort -z; }

# What is saved for this rollback, by whichever run, as JSON members.
saved_fields() {
  local -a files=()
  if [[ -d $saved_files ]]; then mapfile -d '' -t files < <(list_saved_files "$saved_files"); fi
  if [[ -z $saved_ref ]] && repository rev-parse --verify --quiet "refs/rollback/$SSM_rollbackId" >/dev/null; then
    saved_ref="refs/rollback/$SSM_rollbackId"
  fi
  printf '"savedRef":%s,"savedFiles":%s,"savedCount":%d' "$(json_text "$saved_ref")" "$(json_strings "${files[@]:0:20}")" "${#files[@]}"
}
