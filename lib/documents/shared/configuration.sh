# The configuration file: what it can be restored from, and how it is replaced. What it holds never leaves the host.

wanted="$backups/wanted-$document"
largest_bytes=1048576
source_file=''
missing_keys=()
added_keys=()
# Not empty: there was no file when this rollback began, so that the way back takes away what it put there.
was_absent=''
# Why the file stays although another was asked for, where it may: same or missing.
stays=''
database_was=''
database_to=$SSM_databaseTo

configuration_touched() { [[ -n $SSM_configurationFrom || -n $SSM_databaseTo ]]; }

forget_wanted() { rm -f -- "$wanted" "$wanted.new"; }

# The file that configurationFrom names, as $source_file.
find_configuration_source() {
  local found
  case $SSM_configurationFrom in
    '') source_file=$SSM_configurationFile ;;
    previous) source_file="$SSM_configurationFile.previous" ;;
    backup:*) for found in "$backups/"????????T??????Z-"${SSM_configurationFrom#backup:}.env"; do source_file=$found; done ;;
    time:*) find_configuration_at "${SSM_configurationFrom#time:}" ;;
  esac
  if [[ -z $source_file ]]; then
    fail configuration-missing "This host has no backup of the configuration for ${SSM_configurationFrom#*:}. The backups are in $backups. Nothing was changed."
  fi
}

# Backups are made before changes: the next one after a time holds what was in force then. Without one, the file itself does, unless it
# was changed since: then nobody knows.
find_configuration_at() { # time
  local found stamp
  for found in "$backups/"????????T??????Z-*.env; do
    stamp=${found##*/}
    if [[ $stamp == ????????T??????Z-"$SSM_rollbackId.env" || ${stamp%%-*} < $1 ]]; then continue; fi
    source_file=$found
    return
  done
  if [[ -f $SSM_configurationFile && ! $(date -u -r "$SSM_configurationFile" +%Y%m%dT%H%M%SZ) > $1 ]]; then source_file=$SSM_configurationFile; fi
}

# True when this rollback's own backup is asked for and its capture saw no file that it could have been made of.
was_absent_before() {
  [[ $SSM_configurationFrom == "backup:$SSM_rollbackId" ]] && ! find_own_backup &&
    grep -qF '"configuration":null' -- "$state/captures/$SSM_rollbackId.json" 2>/dev/null
}

# True when the file gets a content that it does not have and did not have when this rollback began: that has to make sense. What is
# there, and what was, is kept or brought back however it looks.
restores_another() { [[ -n $SSM_configurationFrom && -z $stays && $SSM_configurationFrom != "backup:$SSM_rollbackId" ]]; }

require_configuration_source() {
  find_configuration_source
  require_plain_file "$SSM_configurationFile" 'The configuration'
  require_plain_file "$source_file" 'What the configuration is to be restored from,'
  if [[ $SSM_configurationFrom == previous && $SSM_configurationMayStay == yes && ! -e $source_file && -e $SSM_configurationFile ]]; then
    stays=missing
    source_file=$SSM_configurationFile
  fi
  if [[ ! -e $source_file ]]; then
    fail configuration-missing "There is no $source_file on this host to restore the configuration from. Ask for a release with a backup, or a time. Nothing was changed."
  fi
  if restores_another && [[ ! -s $source_file ]]; then fail configuration-empty "$source_file is empty. Nothing was changed."; fi
  if [[ ! -r $source_file ]]; then fail configuration-unreadable "$source_file cannot be read by $own_name; the agent should run as root."; fi
  if [[ -n $stays || ($SSM_configurationFrom != previous && $SSM_configurationFrom != time:*) ]]; then return; fi
  if ! cmp -s -- "$source_file" "$SSM_configurationFile" || restored_before; then return; fi
  stays=same
  if [[ $SSM_configurationMayStay != yes ]]; then
    fail configuration-same "The configuration is what it is to be restored to (${SSM_configurationFrom/#previous/$source_file}) already: nothing to go back to. Ask for a release with a backup, or for a time before its last change."
  fi
}

# An earlier run of this rollback restored it: its backup holds something else.
restored_before() { find_own_backup && ! cmp -s -- "$backup" "$SSM_configurationFile"; }

# A crash leaves files of the right length that hold nothing but zeros; bash would read them as empty lines.
require_text() { # path, what it is to people
  local bytes
  bytes=$(stat -c %s -- "$1")
  if ((bytes > largest_bytes)); then fail configuration-unreadable "$2 has $bytes bytes, which no configuration has. Nothing was changed."; fi
  if (($(tr -d '\000' <"$1" | wc -c) != bytes)); then fail configuration-unreadable "$2 holds zero bytes: it is no text. Nothing was changed."; fi
}

# The names that the file $1 sets, into the array $2. Fails at the first line that is none of: blank, comment, NAME=value. A value in
# quotes may go over several lines. $3 is what the file is to people.
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
      fail configuration-unreadable "Line $number of $3 is no comment and no NAME=value. Nothing was changed."
    fi
  done <"$1"
  if [[ -n $quote ]]; then fail configuration-unreadable "$3 ends within a value in quotes. Nothing was changed."; fi
  if ((${#names[@]} == 0)); then fail configuration-empty "$3 sets no variable. Nothing was changed."; fi
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
    if ((number == url_line)); then line="$url_before$url_head$database_to$url_tail$url_after"; fi
    printf '%s' "$line"
    if [[ -z $ended ]]; then break; fi
    printf '\n'
  done <"$1"
}

# What the file is to hold, as $wanted, with everything about it checked. Changes nothing outside of the service's own folder.
compose_configuration() {
  local -a coming=()
  if [[ -z $SSM_configurationFile || (-z $SSM_configurationFrom && -n $SSM_databaseTo && -z $SSM_databaseFrom) ]]; then
    fail invalid-parameter 'Say which configurationFile, and with databaseTo also databaseFrom. Nothing was changed.'
  fi
  make_folder 700 "$backups"
  find_own_backup || true
  if was_absent_before; then
    require_plain_file "$SSM_configurationFile" 'The configuration'
    was_absent=yes
    return
  fi
  require_configuration_source
  copy_source
  if restores_another; then
    require_text "$wanted" "$source_file"
    read_keys "$wanted" coming "$source_file"
    if [[ -z $SSM_databaseTo ]]; then find_replacement; fi
  fi
  if [[ -n $database_to || -n $SSM_databaseFrom ]]; then change_database; fi
  compare_keys
  choose_owner
}

# From here on the copy is what counts: what it is of belongs to the application, which may change it at any time. No link is followed.
copy_source() {
  leave_step=forget_wanted
  forget_wanted
  run_tool cp -PT -- "$source_file" "$wanted" || tool_failed state-unwritable "$source_file could not be copied to $backups. Nothing was changed."
  require_plain_file "$wanted" "The copy of $source_file,"
}

change_database() {
  read_database_url "$wanted" "$source_file"
  database_was="${url_host,,}:$url_port"
  if [[ -n $database_to && $database_was == "${database_to,,}" ]]; then return; fi
  # An older file may name an instance of then; what is changed in place has to name the one that is replaced.
  if [[ (-z $SSM_configurationFrom || -n $stays) && $database_was != "${SSM_databaseFrom,,}" ]]; then
    fail database-elsewhere "DATABASE_URL names $database_was, not $SSM_databaseFrom: this host uses another database than the manifest's. Nothing was changed."
  fi
  # A look before the other address is known.
  if [[ -z $database_to ]]; then return; fi
  require_text "$wanted" "$source_file"
  with_database "$wanted" >"$wanted.new" && run_tool mv -fT -- "$wanted.new" "$wanted" ||
    tool_failed state-unwritable "$wanted could not be written. Nothing was changed."
}

# Which names come and go, against what is there now. A run before this one may have replaced that: then against what it kept.
compare_keys() {
  local -a present=() coming=()
  local before=$SSM_configurationFile
  if [[ ! -e $before ]]; then return; fi
  if cmp -s -- "$wanted" "$before" && find_own_backup; then before=$backup; fi
  read_keys_leniently "$before" present
  read_keys_leniently "$wanted" coming
  names_without present coming missing_keys
  names_without coming present added_keys
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

# Owner and mode that the file is to have: as told, else its own, else those of what it is restored from.
choose_owner() {
  local like=$SSM_configurationFile
  if [[ ! -e $like ]]; then like=$source_file; fi
  wanted_owner=${SSM_configurationOwner:-$(stat -c %u:%g -- "$like")}
  wanted_mode=${SSM_configurationMode:-$(stat -c %a -- "$like")}
  printf -v wanted_mode %o "$((8#$wanted_mode))"
  require_owner "${wanted_owner%%:*}" "${wanted_owner#*:}"
}

require_owner() { # user, group
  if ((EUID != 0)); then
    if [[ ($1 == "$own_name" || $1 == "$EUID") && " $(id -Gn) $(id -G) " == *" $2 "* ]]; then return; fi
    fail wrong-owner "The configuration is to belong to $wanted_owner, which only root can do; the agent should run as root. Nothing was changed."
  fi
  if [[ -z $SSM_configurationOwner ]] || { getent passwd "$1" && getent group "$2"; } >/dev/null; then return; fi
  fail wrong-owner "This host has no user $1 or no group $2. Correct configuration.owner in the manifest. Nothing was changed."
}

# Whether the file $1 belongs to whom it is to belong to; by number where the host has no name for it.
owned_right() { [[ $wanted_owner == "$(stat -L -c %U:%G -- "$1")" || $wanted_owner == "$(stat -L -c %u:%g -- "$1")" ]]; }

configuration_right() {
  if [[ -n $was_absent ]]; then
    [[ ! -e $SSM_configurationFile && ! -L $SSM_configurationFile ]]
    return
  fi
  [[ -f $SSM_configurationFile && ! -L $SSM_configurationFile ]] && cmp -s -- "$wanted" "$SSM_configurationFile" &&
    [[ $(stat -c %a -- "$SSM_configurationFile") == "$wanted_mode" ]] && owned_right "$SSM_configurationFile"
}

# When the file was last changed, in epoch seconds; 0: there is none, and the mark of what was begun says the rest.
configuration_changed_at() { stat -c %Y -- "$SSM_configurationFile" 2>/dev/null || printf 0; }

# Puts $wanted in the file's place in one step; what was there is in this rollback's backup by then.
replace_configuration() {
  local temporary="${SSM_configurationFile%/*}/.${SSM_configurationFile##*/}.rollback"
  note_replacement
  if configuration_right; then return; fi
  progress "replacing $SSM_configurationFile"
  if [[ -e $SSM_configurationFile && -z $was_absent ]]; then back_up_configuration; fi
  : >"$tool_output"
  rm -f -- "$temporary"
  if [[ -n $was_absent ]] && run_tool rm -f -- "$SSM_configurationFile"; then return; fi
  if [[ -z $was_absent ]] && write_configuration "$temporary" && run_tool mv -fT -- "$temporary" "$SSM_configurationFile"; then return; fi
  rm -f -- "$temporary"
  tool_failed configuration-unwritable "$SSM_configurationFile could not be replaced. It is as it was."
}

# Writes $wanted to the new file $1, for its owner before there is anything in it. All by one open file: the folder is the application's,
# which could put a link there at any time.
write_configuration() {
  local opened=/proc/self/fd/6 written=''
  { set -C && exec 6>"$1"; } 2>"$tool_output" || { set +C && return 1; }
  set +C
  if [[ -f $opened ]] && { owned_right "$opened" || run_tool chown -- "$wanted_owner" "$opened"; } &&
    run_tool chmod "$wanted_mode" -- "$opened" && cat -- "$wanted" 2>"$tool_output" >&6; then written=yes; fi
  exec 6>&-
  [[ -n $written ]] && cmp -s -- "$wanted" "$1"
}

# What was done to the file, as JSON members. Names of keys, never a value.
configuration_fields() {
  local database=null kept=null
  observe_configuration "$SSM_configurationFile"
  if [[ -n $backup ]]; then kept=$(json_string "$backup"); fi
  if [[ $configuration_json != null ]]; then configuration_json="${configuration_json%\}},\"backup\":$kept}"; fi
  if [[ -n $database_to ]]; then database="{\"address\":$(json_string "$database_to"),\"was\":$(json_string "$database_was")}"; fi
  printf '"configuration":%s,"stays":%s,"missingKeys":%s,"addedKeys":%s,"database":%s' "$configuration_json" \
    "$(json_text "$stays")" "$(json_strings "${missing_keys[@]}")" "$(json_strings "${added_keys[@]}")" "$database"
}
