# Asks the application's database one question, by psql and as the application finds it. Changes nothing, takes no lock: the session
# cannot write. With leadsTo it first waits until a name leads to another instance, or again to the one of before.

started=$(date +%s%3N)
value=null
problem=''
database_name=''

# $1 without its percent-encoding, as $decoded. Not printed: a command substitution would take line breaks off its end.
decode() {
  local rest=$1 character
  decoded=''
  while [[ $rest == *%* ]]; do
    decoded+=${rest%%\%*}
    rest=${rest#*%}
    if [[ $rest =~ ^[0-9A-Fa-f]{2} ]]; then
      printf -v character '%b' "\\x${rest:0:2}"
      decoded+=$character
      rest=${rest:2}
    else
      decoded+=%
    fi
  done
  decoded+=$rest
}

# What drivers call libpq's options, into its variables. Those of the drivers alone do not matter here.
read_option() { # name, value
  case $1 in
    sslmode | ssl)
      PGSSLMODE=$2
      # no-verify is node-postgres's: encrypted, and nobody's certificate is looked at.
      case $2 in true | 1 | no-verify) PGSSLMODE=require ;; false | 0) PGSSLMODE=disable ;; esac
      ;;
    sslrootcert) PGSSLROOTCERT=$2 ;;
    sslcert) PGSSLCERT=$2 ;;
    sslkey) PGSSLKEY=$2 ;;
    channel_binding) PGCHANNELBINDING=$2 ;;
    gssencmode) PGGSSENCMODE=$2 ;;
    options) PGOPTIONS=$2 ;;
  esac
}

# User, password, database and options from the parts of DATABASE_URL, as the variables of libpq.
read_credentials() {
  local credentials=${url_head#*://} pair path=${url_tail%%[?#]*} query=''
  case ${url_head%%://*} in
    postgres | postgresql | postgres+* | postgresql+*) ;;
    *) fail database-unsupported "DATABASE_URL begins with ${url_head%%://*}://: only PostgreSQL can be asked." ;;
  esac
  unset "${!PG@}"
  credentials=${credentials%@}
  raw_password=''
  if [[ $credentials == *:* ]]; then raw_password=${credentials#*:}; fi
  decode "${credentials%%:*}" && PGUSER=$decoded
  decode "$raw_password" && PGPASSWORD=$decoded
  decode "${path#/}" && PGDATABASE=$decoded
  if [[ $url_tail == *\?* ]]; then query=${url_tail#*\?}; fi
  query=${query%%#*}
  while [[ -n $query ]]; do
    pair=${query%%&*}
    query=${query#"$pair"}
    query=${query#&}
    decode "${pair#*=}"
    read_option "${pair%%=*}" "$decoded"
  done
  # What comes last counts: the session cannot write, whatever the application asks for.
  PGOPTIONS="${PGOPTIONS:+$PGOPTIONS }-c default_transaction_read_only=on -c statement_timeout=30000 -c lock_timeout=5000 -c client_min_messages=error"
  database_name=${PGDATABASE:-$PGUSER}
}

# psql as the owner of the code. What it needs to know is in its environment: arguments can be read by everybody on the host.
ask() {
  local name
  local -a command=(timeout --foreground -k 5 45 psql -X -A -t -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -c "$SSM_sql")
  if [[ $own_name != "$SSM_user" ]]; then command=(runuser -u "$SSM_user" -- "${command[@]}"); fi
  (
    # To libpq, empty is not the same as unset.
    for name in "${!PG@}"; do if [[ -z ${!name} ]]; then unset "$name"; fi; done
    PGHOST=${ask_host//[][]/}
    PGPORT=$ask_port
    PGCONNECT_TIMEOUT=10
    HOME=$user_home
    export HOME "${!PG@}"
    exec "${command[@]}" 3>&-
  )
}

# The answer as $said, psql's own words as $words, whether it went well as $asked. Without a file: a look leaves nothing behind. Only
# the head of either matters, the rest is read and dropped.
run_query() {
  {
    IFS= read -r -d '' words || true
    IFS= read -r -d '' said || true
    IFS= read -r -d '' query_code || true
  } < <(
    {
      code=0
      said=$(ask | keep_head) || code=$?
    } 2> >(keep_head)
    wait "$!" || true
    printf '\0%s\0%s\0' "$said" "$code"
  )
  [[ $query_code == 0 ]]
}

# psql's code for a connection that was not made or was lost. One time says little: right after a cut-over, names and pools still settle.
# What the server answered is never asked for again.
not_connected=2
attempts=4

run_query_with_patience() {
  local attempt
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    if run_query; then return; fi
    if [[ $query_code != "$not_connected" ]] || ((attempt == attempts)); then return 1; fi
    progress "no connection to $ask_host:$ask_port, attempt $attempt of $attempts"
    sleep "$((attempt * 2))"
  done
}

keep_head() {
  head -c 4000 | tr -d '\000'
  cat >/dev/null
}

# psql's own words without the password, as it is written and as it is meant.
blotted() {
  local text=$1
  if [[ -n $PGPASSWORD ]]; then text=${text//"$PGPASSWORD"/***}; fi
  if [[ -n $raw_password ]]; then text=${text//"$raw_password"/***}; fi
  text=${text//[^[:print:][:space:]]/?}
  printf '%s' "${text:0:800}"
}

# The question itself is wrong, whatever the data: it writes (25006), or is no SQL (42601).
wrong_question='ERROR:[[:space:]]+(25006|42601):'

# Fails for what psql said, or keeps it as $problem: a database that is to be restored may lack the very table that is asked for. Then
# it matters only that a host can ask.
unanswered() {
  local words first
  words=$(blotted "$1")
  first=${words%%$'\n'*}
  if [[ $query_code == [13] && $SSM_mayNotAnswer == yes && ! $words =~ $wrong_question ]]; then
    problem=$first
  elif [[ $query_code == [13] ]]; then
    fail query-failed "The question was not answered by $ask_host:$ask_port: ${first:-no reason given}. Correct database.check.sql if it is wrong. This changed nothing." "$words"
  else
    fail query-failed "psql could not ask $ask_host:$ask_port: ${first:-it ended with code $query_code}. This changed nothing." "$words"
  fi
}

question() {
  local said='' words='' query_code=''
  if ! run_query_with_patience; then
    unanswered "$words"
    return
  fi
  said=${said%%$'\n'*}
  said=${said%%|*}
  if [[ $said =~ ^(-?)([0-9]{1,15})$ ]]; then value=${BASH_REMATCH[1]}$((10#${BASH_REMATCH[2]})); fi
  if [[ -z $SSM_atLeast ]]; then return; fi
  if [[ $value == null ]]; then fail check-not-a-number 'The first column of the first row is no whole number. Let database.check.sql answer one number.'; fi
  if ((value < 10#$SSM_atLeast)); then fail check-failed "The database answers $value, wanted at least $SSM_atLeast."; fi
}

# True when the name leads to the instance that it is to lead to: to no address of the one that it is taken from. Where that one leads
# nowhere (yet), this proves nothing, and what the name led to when the rollback began decides.
leads_right() {
  local here there before
  here=$(addresses_of "$ask_host:$ask_port") || true
  if [[ -z $here ]]; then return 1; fi
  there=''
  if [[ -n $SSM_awayFrom ]]; then there=$(addresses_of "$SSM_awayFrom") || true; fi
  if [[ -n $there ]]; then
    ! have_one_in_common "$here" "$there"
    return
  fi
  if [[ ! -s $addresses_before ]]; then return 1; fi
  before=$(<"$addresses_before")
  if [[ $SSM_leadsTo == before ]]; then have_one_in_common "$here" "$before"; else ! have_one_in_common "$here" "$before"; fi
}

await_name() {
  local deadline=$((SECONDS + 10#$SSM_awaySeconds))
  if [[ -z $SSM_leadsTo ]]; then return; fi
  while ! leads_right; do
    if ((SECONDS >= deadline)); then
      fail name-not-moved "Nothing shows that $ask_host leads to the instance that has this name now, after $SSM_awaySeconds s. Wait for DNS, then run this again."
    fi
    sleep 0.5
  done
}

if [[ -z $SSM_sql && -z $SSM_leadsTo ]]; then fail invalid-parameter 'Give a question (sql), something to wait for (leadsTo), or both.'; fi
if [[ -n $SSM_fence ]]; then check_fence; else read_fence; fi
need getent
find_user
# Where only a known name is waited for, DATABASE_URL does not matter: the application may find its database another way.
if [[ -n $SSM_sql || -z $SSM_databaseAddress ]]; then
  if [[ -z $SSM_configurationFile ]]; then
    fail invalid-parameter 'A question needs the configuration file, whose DATABASE_URL says how to ask.'
  fi
  if [[ ! -r $SSM_configurationFile || ! -f $SSM_configurationFile ]]; then
    fail configuration-missing "$SSM_configurationFile is not there or cannot be read: it says where the database is."
  fi
  read_database_url "$SSM_configurationFile" "$SSM_configurationFile"
  ask_host=$url_host
  ask_port=$url_port
fi
if [[ -n $SSM_databaseAddress ]]; then
  ask_host=${SSM_databaseAddress%:*}
  ask_port=${SSM_databaseAddress##*:}
fi
await_name
if [[ -n $SSM_sql ]]; then
  need psql
  read_credentials
  question
fi
succeed "\"value\":$value,\"problem\":$(json_text "$problem"),\"database\":{\"address\":$(json_string "$ask_host:$ask_port"),\"name\":$(json_text "$database_name")},\"milliseconds\":$(($(date +%s%3N) - started))"
