# The configuration file: what it can be restored from, and how it is replaced. What it holds never leaves the host.

wanted="$backups/wanted"
source_file=''
missing_keys=()
added_keys=()
database_was=''

configuration_touched() { [[ -n $SSM_configurationFrom || -n $SSM_databaseTo ]]; }

# The file that configurationFrom names, as $source_file.
find_source() {
  local found stamp time=${SSM_configurationFrom#time:}
  case $SSM_configurationFrom in
    '') source_file=$SSM_configurationFile ;;
    previous) source_file="$SSM_configurationFile.previous" ;;
    backup:*) for found in "$backups/"????????T??????Z-"${SSM_configurationFrom#backup:}.env"; do source_file=$found; done ;;
    time:*)
      # Backups are made before changes: the next one after a time holds what was in force then. Without one, the last before it.
      for found in "$backups/"????????T??????Z-*.env; do
        if [[ $found == *Z-"$SSM_rollbackId.env" ]]; then continue; fi
        source_file=$found
        stamp=${found##*/}
        if [[ ! ${stamp%%-*} < $time ]]; then break; fi
      done
      ;;
  esac
  if [[ -z $source_file ]]; then
    fail configuration-missing "This host has no backup of the configuration for ${SSM_configurationFrom#*:}. The backups are in $backups. Nothing was changed."
  fi
}

require_source() {
  find_source
  require_file "$SSM_configurationFile" 'The configuration'
  require_file "$source_file" 'What the configuration is to be restored from,'
  if [[ ! -e $source_file ]]; then
    fail configuration-missing "There is no $source_file on this host to restore the configuration from. Ask for a release with a backup, or a time. Nothing was changed."
  fi
  if [[ ! -s $source_file ]]; then fail configuration-empty "$source_file is empty. Nothing was changed."; fi
  if [[ $SSM_configurationFrom == previous ]] && cmp -s -- "$source_file" "$SSM_configurationFile" && ! restored_before; then
    fail configuration-same "$source_file is what the configuration is already: nothing to go back to. Ask for a release with a backup, or a time."
  fi
}

# An earlier run of this rollback restored it: its backup holds something else.
restored_before() {
  local found
  for found in "$backups/"????????T??????Z-"$SSM_rollbackId.env"; do
    if ! cmp -s -- "$found" "$SSM_configurationFile"; then return 0; fi
  done
  return 1
}

# The names that the file $1 sets, into the array $2. Fails at the first line that is none of: blank, comment, NAME=value. A value in
# quotes may go over several lines.
read_keys() {
  local -n names=$2
  local line value quote='' number=0
  names=()
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ -n $quote ]]; then
      if [[ $line == *"$quote"* ]]; then quote=''; fi
    elif [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_.]*)[[:space:]]*=[[:space:]]*(.*)$ ]]; then
      names+=("${BASH_REMATCH[2]}")
      value=${BASH_REMATCH[3]}
      if [[ $value == [\"\']* && ${value:1} != *"${value:0:1}"* ]]; then quote=${value:0:1}; fi
    elif [[ ! $line =~ ^[[:space:]]*([#\;].*)?$ ]]; then
      fail configuration-unreadable "Line $number of $1 is no comment and no NAME=value. Nothing was changed."
    fi
  done <"$1"
  if [[ -n $quote ]]; then fail configuration-unreadable "$1 ends within a value in quotes. Nothing was changed."; fi
}

# The names that are in the array $1 and not in the array $2, into the array $3.
names_without() {
  local -n those=$1 others=$2 rest=$3
  local name
  local -A known=()
  rest=()
  for name in "${others[@]}"; do known[$name]=yes; done
  for name in "${those[@]}"; do
    if [[ -z ${known[$name]-} ]]; then
      rest+=("$name")
      known[$name]=yes
    fi
  done
}

# Copies the file $1 to stdout with the database's address changed, all else byte for byte.
with_database() {
  local line number=0 ended=yes
  while :; do
    if ! IFS= read -r line; then ended=''; fi
    if [[ -z $ended && -z $line ]]; then break; fi
    number=$((number + 1))
    if ((number == url_line)); then line="$url_before$url_head$SSM_databaseTo$url_tail$url_after"; fi
    printf '%s' "$line"
    if [[ -z $ended ]]; then break; fi
    printf '\n'
  done <"$1"
}

# What the file is to hold, as $wanted, with everything about it checked. Changes nothing outside of the service's own folder.
compose_configuration() {
  local -a present=() coming=()
  make_folder 700 "$backups"
  require_source
  read_keys "$source_file" coming
  if [[ -e $SSM_configurationFile ]]; then
    read_keys_leniently "$SSM_configurationFile" present
    names_without present coming missing_keys
    names_without coming present added_keys
  fi
  rm -f -- "$wanted"
  if [[ -z $SSM_databaseTo ]]; then
    run_tool cp -T -- "$source_file" "$wanted" || tool_failed state-unwritable "$wanted could not be written."
    return
  fi
  read_database_url "$source_file"
  database_was="$url_host:$url_port"
  # An older file may name an instance of then; what is changed in place has to name the one that is replaced.
  if [[ -z $SSM_configurationFrom && $database_was != "$SSM_databaseFrom" && $database_was != "$SSM_databaseTo" ]]; then
    fail database-elsewhere "DATABASE_URL names $database_was, not $SSM_databaseFrom: this host uses another database than the manifest's. Nothing was changed."
  fi
  with_database "$source_file" >"$wanted" || fail state-unwritable "$wanted could not be written. Check the disk and its permissions."
}

# What is there now may be what is wrong: its keys are named as far as it can be read.
read_keys_leniently() {
  local -n found=$2
  local line
  found=()
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_.]*)[[:space:]]*= ]]; then found+=("${BASH_REMATCH[2]}"); fi
  done <"$1"
}

# Owner and mode that the file is to have: as told, else its own.
choose_owner() {
  wanted_owner=${SSM_configurationOwner:-$(stat -c %U:%G -- "$SSM_configurationFile" 2>/dev/null || true)}
  wanted_mode=${SSM_configurationMode:-$(stat -c %a -- "$SSM_configurationFile" 2>/dev/null || echo 600)}
  wanted_mode=${wanted_mode#0}
}

configuration_right() {
  [[ -f $SSM_configurationFile && ! -L $SSM_configurationFile ]] && cmp -s -- "$wanted" "$SSM_configurationFile" &&
    [[ $(stat -c %a -- "$SSM_configurationFile") == "$wanted_mode" ]] &&
    [[ -z $wanted_owner || $(stat -c %U:%G -- "$SSM_configurationFile") == "$wanted_owner" ]]
}

# Puts $wanted in the file's place in one step; what was there is in this rollback's backup by then.
replace_configuration() {
  local temporary="${SSM_configurationFile%/*}/.${SSM_configurationFile##*/}.rollback"
  if configuration_right; then return; fi
  progress "replacing $SSM_configurationFile"
  if [[ -e $SSM_configurationFile ]]; then back_up_configuration; fi
  rm -f -- "$temporary"
  if (umask 077 && : >"$temporary") && own_file "$temporary" && run_tool chmod "$wanted_mode" -- "$temporary" &&
    cat -- "$wanted" 2>"$tool_output" >"$temporary" && run_tool mv -fT -- "$temporary" "$SSM_configurationFile"; then return; fi
  rm -f -- "$temporary"
  tool_failed configuration-unwritable "$SSM_configurationFile could not be replaced. It is as it was."
}

own_file() {
  if [[ -z $wanted_owner || $(stat -c %U:%G -- "$1") == "$wanted_owner" ]]; then return; fi
  if ((EUID != 0)); then
    rm -f -- "$1"
    fail wrong-owner "The configuration is to belong to $wanted_owner, which only root can do; the agent should run as root. Nothing was changed."
  fi
  run_tool chown -- "$wanted_owner" "$1"
}

# What was done to the file, as JSON members. Names of keys, never a value.
configuration_fields() {
  local database=null kept=null
  observe_configuration "$SSM_configurationFile"
  if [[ -n $backup ]]; then kept=$(json_string "$backup"); fi
  if [[ $configuration_json != null ]]; then configuration_json="${configuration_json%\}},\"backup\":$kept}"; fi
  if [[ -n $SSM_databaseTo ]]; then database="{\"address\":$(json_string "$SSM_databaseTo"),\"was\":$(json_string "$database_was")}"; fi
  printf '"configuration":%s,"missingKeys":%s,"addedKeys":%s,"database":%s' "$configuration_json" \
    "$(json_strings "${missing_keys[@]}")" "$(json_strings "${added_keys[@]}")" "$database"
}
