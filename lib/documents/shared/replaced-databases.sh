# Which instances rollbacks have put in the place of others in DATABASE_URL, oldest first: rollback, host:port before, host:port since.
# Older files of the configuration go on naming the others.

replaced_databases="$state/replaced-databases"

# The address in the one DATABASE_URL of the file $1. To be called in a subshell, which fails where there is none that can be read.
address_in() {
  exec 3>/dev/null
  [[ -f $1 ]]
  read_database_url "$1" "$1"
  printf '%s:%s' "${url_host,,}" "$url_port"
}

# Where $wanted names an instance that was replaced, $database_to becomes the address of the one in its place. Not where the application
# uses that very instance: then people went back to it.
find_replacement() {
  local address named present from to
  if [[ ! -s $replaced_databases ]]; then return; fi
  named=$(address_in "$wanted") || return 0
  present=$(address_in "$SSM_configurationFile") || present=''
  if [[ -z $named || $named == "$present" ]]; then return; fi
  address=$named
  while read -r _ from to; do
    if [[ $address == "$from" ]]; then address=$to; fi
  done <"$replaced_databases"
  if [[ $address == "$named" ]]; then return; fi
  progress "DATABASE_URL keeps $address: a rollback has put it in the place of $named"
  database_to=$address
}

# Puts on record that this rollback replaces an instance, or that it does no longer: its own backup brings the old one back.
note_replacement() {
  local by from to lines=''
  if [[ -z $SSM_databaseTo && (! -s $replaced_databases || $SSM_configurationFrom != "backup:$SSM_rollbackId") ]]; then return; fi
  if [[ -s $replaced_databases ]]; then
    while read -r by from to; do
      if [[ -n $to && $by != "$SSM_rollbackId" && $from != "${SSM_databaseFrom,,}" ]]; then lines+="$by $from $to"$'\n'; fi
    done <"$replaced_databases"
  fi
  if [[ -n $SSM_databaseTo ]]; then lines+="$SSM_rollbackId ${SSM_databaseFrom,,} ${SSM_databaseTo,,}"; fi
  write_state "$replaced_databases" "${lines%$'\n'}"
}
