# The database's address in a configuration file.

# Splits a database address: $url_head scheme and credentials, $url_host, $url_port, $url_tail path and query. False when it is none, and
# when something else may be meant by it: an @ behind the host is a password with a raw / or #, a host in the query overrules the address.
split_database_url() {
  local overruled='[?&](host|hostaddr|port|service)='
  if [[ ! $1 =~ ^([A-Za-z][A-Za-z0-9+.-]*://([^/?#]*@)?)(\[[0-9A-Fa-f:.]+\]|[^]/?#:@[]+)(:([0-9]{1,5}))?([/?#].*)?$ ]]; then return 1; fi
  url_head=${BASH_REMATCH[1]}
  url_host=${BASH_REMATCH[3]}
  url_port=${BASH_REMATCH[5]:-5432}
  url_tail=${BASH_REMATCH[6]}
  [[ ($url_head == *@ || $url_tail != *@*) && ! $url_tail =~ $overruled ]]
}

# The value of DATABASE_URL in the file $1, as $database_url, with what stands before and after it in its line, and the line's number.
# $2 is what the file is to people.
read_database_url() {
  local line number=0 count=0 value quote=''
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ ! $line =~ ^([[:space:]]*(export[[:space:]]+)?DATABASE_URL[[:space:]]*=[[:space:]]*)(.*)$ ]]; then continue; fi
    count=$((count + 1))
    url_before=${BASH_REMATCH[1]}
    value=${BASH_REMATCH[3]}
    quote=''
    if [[ $value == [\"\']* ]]; then quote=${value:0:1}; fi
    if [[ -n $quote ]]; then
      value=${value:1}
      if [[ $value != *"$quote"* ]]; then url_invalid "$2"; fi
      url_after="$quote${value#*"$quote"}"
      database_url=${value%%"$quote"*}
      url_before+=$quote
    else
      database_url=${value%%[[:space:]]*}
      url_after=${value#"$database_url"}
    fi
    url_line=$number
  done <"$1"
  if ((count == 0)); then fail database-url-missing "DATABASE_URL is not set in $2. Nothing was changed."; fi
  if ((count > 1)); then fail database-url-twice "DATABASE_URL is set $count times in $2: nobody can tell which one counts. Nothing was changed."; fi
  split_database_url "$database_url" || url_invalid "$2"
}

url_invalid() {
  fail database-url-invalid "DATABASE_URL in $1 is no address with one host, its credentials percent-encoded. Correct it on the host. Nothing was changed."
}
