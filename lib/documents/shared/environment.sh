# Environments: what an installation puts beside the code, one a commit, built off to the side and switched by a link.
# <environments>/<commit>/ holds `source` (that commit's files), then `venv` or `source/<npmDirectory>/node_modules`, then `.complete`.

environments="$state/environments"

# Where a commit's environment lies and where the code looks for it, as $environment_inside (relative) and $environment_path.
# node_modules stays within its source because links in it (workspaces, file: packages) are relative to that.
locate_environment() {
  case $SSM_installKind in
    python)
      if [[ -z $SSM_requirements || -z $SSM_venv ]]; then fail invalid-parameter 'A python installation needs requirements and venv.'; fi
      environment_inside=venv
      environment_path=$SSM_venv
      ;;
    npm)
      npm_prefix=''
      if [[ $SSM_npmDirectory != . && -n $SSM_npmDirectory ]]; then npm_prefix=$SSM_npmDirectory/; fi
      environment_inside="source/${npm_prefix}node_modules"
      environment_path="${npm_prefix}node_modules"
      ;;
    *)
      environment_inside=''
      environment_path=''
      ;;
  esac
  if [[ $SSM_installKind == script && -z $SSM_installScript ]]; then fail invalid-parameter 'A script installation needs installScript.'; fi
}

# What an environment was made of; another answer for the same commit means that the manifest changed.
environment_recipe() { printf '%s %s\n' "$SSM_installKind" "$SSM_requirements$SSM_npmDirectory"; }

environment_complete() { # commit
  [[ -e $environments/$1/.complete && -d $environments/$1/$environment_inside ]]
}

environment_in_use() { # commit
  [[ $(readlink -- "$directory/$environment_path" || true) == "$environments/$1/$environment_inside" ]]
}

# True when the environment need not be built. One that runs is never built anew, whatever the manifest says by now.
environment_fits() { # commit
  environment_complete "$1" || return 1
  local recipe
  recipe=$(<"$environments/$1/.complete")
  [[ $recipe == adopted || $recipe == "$(environment_recipe)" ]] || environment_in_use "$1"
}

require_commit() {
  if commit_present "$SSM_commit"; then return; fi
  fail commit-missing "The commit $SSM_commit is neither on this host nor on its remote. Push it there again, or choose another release."
}

# Fails when the commit cannot be installed in the way that the manifest says. One whose environment is there needs no installation:
# what ran here, and an undo goes back to, may be a release that cannot be installed again.
require_installable() {
  local file
  if [[ -n $environment_path && -n $(repository ls-tree --name-only "$SSM_commit" -- "$environment_path") ]]; then
    fail environment-tracked "$environment_path is part of the commit $SSM_commit itself. Set code.install to none for it, or take it out of git."
  fi
  if [[ -n $environment_inside ]] && environment_fits "$SSM_commit"; then return; fi
  case $SSM_installKind in
    python) require_file "$SSM_requirements" requirements-missing ;;
    script) require_file "$SSM_installScript" script-missing ;;
    npm)
      file="${npm_prefix}package-lock.json"
      if repository cat-file -e "$SSM_commit:${npm_prefix}npm-shrinkwrap.json" 2>/dev/null; then return; fi
      require_file "$file" lock-file-missing
      ;;
  esac
}

require_file() { # path, error
  if repository cat-file -e "$SSM_commit:$1" 2>/dev/null; then return; fi
  fail "$2" "The commit $SSM_commit has no $1. Correct code.install in the manifest, or choose another release."
}

# Puts the files of commit $1 into the folder $2. Not git archive: that leaves out what is marked export-ignore.
export_commit() {
  local index="${2%/*}/index"
  as_user mkdir -p -- "$2" && repository_with_index "$index" read-tree "$1" &&
    repository_with_index "$index" checkout-index --all --force --prefix="$2/" && as_user rm -f -- "$index"
}

# Builds the environment of $SSM_commit. The code that runs is not touched.
build_environment() {
  local folder=$environments/$SSM_commit
  as_user rm -rf -- "$folder"
  run_tool as_user mkdir -p -- "$folder" || tool_failed state-unwritable "$folder could not be made."
  undo_step=discard_environment
  run_tool export_commit "$SSM_commit" "$folder/source" || tool_failed install-failed "The files of $SSM_commit could not be exported."
  progress "installing for $SSM_commit"
  "install_$SSM_installKind" "$folder"
  undo_step=''
  run_tool as_user bash -c 'printf "%s\n" "$2" >"$1/.complete"' rollback "$folder" "$(environment_recipe)" ||
    tool_failed state-unwritable "$folder could not be completed."
}

discard_environment() { as_user rm -rf -- "$environments/$SSM_commit"; }

# The interpreter that the running environment was made with: the host's default one may be another.
install_python() {
  local python="$directory/$SSM_venv/bin/python3" where=$SSM_requirements
  if ! as_user test -x "$python"; then
    need python3
    python=python3
  fi
  case $where in
    */*) where="$1/source/${where%/*}" ;;
    *) where="$1/source" ;;
  esac
  run_tool as_user "$python" -m venv -- "$1/venv" ||
    tool_failed install-failed 'python3 -m venv failed. On Debian and Ubuntu it needs the package python3-venv.'
  run_tool as_user_in "$where" 1500 env "PIP_CACHE_DIR=$state/cache/pip" "$1/venv/bin/python" -m pip install --disable-pip-version-check --no-input \
    -r "${SSM_requirements##*/}" ||
    tool_failed install-failed "pip could not install $SSM_requirements of $SSM_commit. Nothing was switched; the application runs as before."
  tail -n 5 -- "$tool_output"
}

install_npm() {
  need npm node
  run_tool as_user_in "$1/source/$npm_prefix" 1500 env "npm_config_cache=$state/cache/npm" npm ci --omit=dev --no-audit --no-fund ||
    tool_failed install-failed "npm ci failed for $SSM_commit. Nothing was switched; the application runs as before."
  # Without any dependency npm makes no folder.
  as_user mkdir -p -- "$1/$environment_inside"
  tail -n 5 -- "$tool_output"
}
