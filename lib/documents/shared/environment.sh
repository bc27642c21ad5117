# Environments: what an installation puts beside the code, built off to the side and switched by a link.
# <environments>/<commit>/<number>/ holds `recipe`, `source` (that commit's files), then `venv` or `source/<npmDirectory>/node_modules`.
#
# What people do by hand goes through the link: npm ci empties the folder behind it before it puts one of its own in the link's place,
# pip installs into it. A real folder in the code would only look safer: hard links are not apart (npm rewrites .package-lock.json, venv
# its scripts in place), a venv runs from the path it was made for, and relative links in node_modules (workspaces, file: packages) need
# the source and the other node_modules they were installed with. So links stay, and what lies behind one is never trusted nor mended:
# it counts as long as it is what was built, by its fingerprint; else there is a new build with a folder of its own.

environments="$state/environments"

# Where an environment lies in its folder ($environment_inside) and where the code looks for it ($environment_path, relative, and $place).
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
  place="$directory/$environment_path"
  if [[ $SSM_installKind == script && -z $SSM_installScript ]]; then fail invalid-parameter 'A script installation needs installScript.'; fi
}

# What an environment was made of; another answer for the same commit means that the manifest changed.
environment_recipe() { printf '%s %s\n' "$SSM_installKind" "$SSM_requirements$SSM_npmDirectory"; }

# Prints what npm and pip change when they change an environment, as one checksum. Every single file would take seconds; names that begin
# with a dot are left to the tools that cache there while the application runs.
fingerprint() { # folder
  local sum
  sum=$(as_user bash -c '
    cd -- "$1" || exit
    if [ "$2" = npm ]; then
      cat .package-lock.json 2>/dev/null
      find . -mindepth 1 -maxdepth 3 -path "./.*" -prune -o -name package.json -printf "%P %s %Ts\n" -o \
        \( ! -path "./*/*" -o -path "./@*/*" ! -path "./*/*/*" \) -printf "%P %y\n" | sort
    else
      readlink -e bin/python
      cat pyvenv.cfg
      find lib/python*/site-packages -mindepth 1 -maxdepth 1 ! -name __pycache__ | sort
      cat lib/python*/site-packages/*.dist-info/RECORD
    fi 2>/dev/null | sha256sum' rollback "$1" "$SSM_installKind") || return
  printf '%s' "${sum%% *}"
}

# The mark lies in the folder itself: it goes where the folder goes, and npm ci removes it.
environment_mark=.rollback-environment

mark_environment() { # folder, commit
  as_user bash -c 'printf "%s %s\n" "$2" "$3" >"$1"' rollback "$1/$environment_mark" "$2" "$(fingerprint "$1")"
}

# True while the folder is what it was when it was built for, or found with, the commit.
environment_intact() { # folder, commit
  local commit='' print=''
  if [[ ! -f $1/$environment_mark ]]; then return 1; fi
  read -r commit print <"$1/$environment_mark" || return 1
  [[ $commit == "$2" && $print == "$(fingerprint "$1")" ]]
}

recipe_of() { cat -- "${1%"/$environment_inside"}/recipe" 2>/dev/null || true; }

# The highest number in use for a commit, as $highest; 0 for none. Numbers are not used again while something may refer to them.
find_highest() { # commit
  local folder
  highest=0
  for folder in "$environments/$1/"*/; do
    folder=${folder%/}
    folder=${folder##*/}
    if [[ $folder =~ ^[0-9]{1,9}$ ]] && ((folder > highest)); then highest=$folder; fi
  done
}

# What is in its place if that is intact, whatever the manifest says by now; else the newest intact one kept, as $environment. A build comes
# before what was found: people may have checked that commit out and not installed for it.
find_environment() { # commit
  local number highest recipe
  environment=$place
  if [[ -L $place ]]; then environment=$(readlink -- "$place"); fi
  if environment_intact "$environment" "$1"; then return; fi
  find_highest "$1"
  for recipe in "$(environment_recipe)" adopted; do
    for ((number = highest; number > 0; number--)); do
      environment="$environments/$1/$number/$environment_inside"
      if [[ $(recipe_of "$environment") == "$recipe" ]] && environment_intact "$environment" "$1"; then return; fi
    done
  done
  environment=''
  return 1
}

require_commit() {
  if commit_present "$SSM_commit"; then return; fi
  fail commit-missing "The commit $SSM_commit is neither on this host nor on its remote. Push it there again, or choose another release."
}

require_untracked_environment() {
  if [[ -n $environment_path && -n $(repository ls-tree --name-only "$SSM_commit" -- "$environment_path") ]]; then
    fail environment-tracked "$environment_path is part of the commit $SSM_commit itself. Set code.install to none for it, or take it out of git."
  fi
}

# Fails when the commit cannot be installed in the way that the manifest says. Not asked of one whose environment is there: what ran here,
# and an undo goes back to, may be a release that cannot be installed again.
require_installable() {
  local file
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
  repository_with_index "$index" read-tree "$1" &&
    repository_with_index "$index" checkout-index --all --force --prefix="$2/" && as_user rm -f -- "$index"
}

# Builds an environment of $SSM_commit in a folder that nobody has seen. The code that runs is not touched, nor what it runs with.
build_environment() {
  local highest folder
  find_highest "$SSM_commit"
  folder="$environments/$SSM_commit/$((highest + 1))"
  building=$folder
  undo_step=discard_building
  run_tool as_user bash -c 'mkdir -p -- "$1/source" && printf "%s\n" "$2" >"$1/recipe"' rollback "$folder" "$(environment_recipe)" ||
    tool_failed state-unwritable "$folder could not be made."
  run_tool export_commit "$SSM_commit" "$folder/source" || tool_failed install-failed "The files of $SSM_commit could not be exported."
  progress "installing for $SSM_commit"
  "install_$SSM_installKind" "$folder"
  run_tool mark_environment "$folder/$environment_inside" "$SSM_commit" || tool_failed state-unwritable "$folder could not be completed."
  undo_step=''
}

discard_building() {
  as_user rm -rf -- "$building"
  as_user rmdir -- "${building%/*}" 2>/dev/null || true
}

# Removes builds of $SSM_commit that are damaged or were killed, but for what is in its place or what a rollback's way back may lead to.
discard_damaged() {
  local folder kept
  for folder in "$environments/$SSM_commit/"*/; do
    kept="$folder$environment_inside"
    if [[ $(recipe_of "$kept") != "$(environment_recipe)" || $(readlink -- "$place" || true) == "$kept" ]]; then continue; fi
    if environment_intact "$kept" "$SSM_commit" || grep -qsF -- " $kept" "$state/replaced/"*; then continue; fi
    as_user rm -rf -- "$folder"
  done
}

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
  end_of_output 5
}

install_npm() {
  need npm node
  run_tool as_user_in "$1/source/$npm_prefix" 1500 env "npm_config_cache=$state/cache/npm" npm ci --omit=dev --no-audit --no-fund ||
    tool_failed install-failed "npm ci failed for $SSM_commit. Nothing was switched; the application runs as before."
  # Without any dependency npm makes no folder.
  as_user mkdir -p -- "$1/$environment_inside"
  end_of_output 5
}
