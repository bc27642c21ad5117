# shellcheck shell=bash
# Turns the Exec lines and environments of a unit file into what is run. Sourced after unit.sh.

# own_path WORD: an absolute path that exists in the host's folder means that one, also behind the = of `--option=/path`.
own_path() {
  local before='' path=$1
  if [[ $path == *=/* ]]; then before=${path%%=/*}= path=/${path#*=/}; fi
  if [[ $path == /* && -e $HOST_ROOT$path ]]; then path=$HOST_ROOT$path; fi
  REPLY=$before$path
}

# own_loopback WORD: `127.0.0.1`, `localhost` or `0.0.0.0`, with or without a port, is the host's own address.
own_loopback() {
  REPLY=$1
  if [[ $1 =~ ^(.*=)?(127\.0\.0\.1|localhost|0\.0\.0\.0)(:[0-9]+)?$ ]]; then
    REPLY=${BASH_REMATCH[1]}${HOST_ADDRESS:-127.0.0.1}${BASH_REMATCH[3]}
  fi
}

# add_variable NAME=VALUE: to the array VARIABLES.
add_variable() {
  own_path "$1"
  VARIABLES+=("$REPLY")
}

# words LINE: the words of a line in the array WORDS, quotes taken off.
words() {
  if [[ $1 == *[\'\"\\]* ]]; then
    mapfile -t WORDS < <(xargs -n 1 printf '%s\n' <<<"$1")
  else
    set -f
    # shellcheck disable=SC2206 # a word for each run of letters between blanks
    WORDS=($1)
    set +f
  fi
}

# read_environment_file FILE: KEY=value lines, as systemd reads them: no expansion, one pair of quotes taken off.
read_environment_file() {
  local line value
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    value=${BASH_REMATCH[2]%"${BASH_REMATCH[2]##*[![:space:]]}"}
    if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then
      add_variable "${line%%=*}=$(sed 's/^.//; s/.$//' <<<"$value")"
    else
      add_variable "${line%%=*}=$value"
    fi
  done <"$1"
}

# check_environment_files UNIT: those that have to be there; fails, with the file in REPLY, when one is not.
check_environment_files() {
  local file
  settings "$1" EnvironmentFile
  for file in "${VALUES[@]}"; do
    [[ $file == -* || -r $HOST_ROOT$file ]] || { REPLY=$file; return 1; }
  done
}

# unit_environment UNIT: everything a service gets to see, in the array VARIABLES. Nothing of the caller's environment does.
unit_environment() {
  local file line word user
  setting "$1" User root
  user=$REPLY
  VARIABLES=("PATH=${HOST_PATH:-$PATH}" LANG=C.UTF-8 "HOST_ROOT=$HOST_ROOT" "HOST_ADDRESS=${HOST_ADDRESS:-}"
    "HOST_KEEPER=${HOST_KEEPER:-}" "USER=$user" "LOGNAME=$user" "HOME=$HOST_ROOT/home/$user")
  settings "$1" Environment
  for line in "${VALUES[@]}"; do
    words "$line"
    for word in "${WORDS[@]}"; do add_variable "$word"; done
  done
  settings "$1" EnvironmentFile
  for file in "${VALUES[@]}"; do
    file=$HOST_ROOT${file#-}
    if [[ -r $file ]]; then read_environment_file "$file"; fi
  done
}

# lookup NAME: value of a variable of VARIABLES; the last one counts.
lookup() {
  local variable
  REPLY=''
  for variable in "${VARIABLES[@]}"; do
    if [[ $variable == "$1="* ]]; then REPLY=${variable#*=}; fi
  done
}

# expand WORD: ${NAME} within a word, or a word that is $NAME; what comes in is not expanded again.
expand() {
  local rest=$1 done=''
  if [[ $rest =~ ^\$([A-Za-z_][A-Za-z0-9_]*)$ ]]; then rest="\${${BASH_REMATCH[1]}}"; fi
  while [[ $rest =~ \$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; do
    lookup "${BASH_REMATCH[1]}"
    done+=${rest%%"${BASH_REMATCH[0]}"*}$REPLY
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
  REPLY=$done$rest
}

# exec_line LINE: an Exec line in the array COMMAND.
exec_line() {
  local line=$1 word
  while [[ $line == [-@:+!]* ]]; do line=${line:1}; done
  words "$line"
  COMMAND=()
  for word in "${WORDS[@]}"; do
    expand "$word"
    own_path "$REPLY"
    own_loopback "$REPLY"
    COMMAND+=("$REPLY")
  done
}

# as_user UNIT: the prefix in the array AS_USER: User= counts for root, when the user exists and can enter the host's folder.
as_user() {
  local user
  setting "$1" User
  user=$REPLY
  AS_USER=()
  [[ -n $user && $user != root && $(id -u) == 0 ]] && id -u "$user" >/dev/null 2>&1 || return 0
  local prefix=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups)
  if "${prefix[@]}" test -x "$HOST_ROOT" 2>/dev/null; then AS_USER=("${prefix[@]}"); fi
}
