# Asks the application's database one question, by psql and as the application finds it. Changes nothing, takes no lock: the session
# cannot write. With awayFrom it first waits until a name leads elsewhere.

started=$(date +%s%3N)
value=null
database_name=''

decode() {
  local text=${1//+/%2B}
  text=${text//\\/%5C}
  printf '%b' "${text//%/\\x}"
}

# user, password, database and the options of libpq that stand in the query, from the parts of DATABASE_URL.
read_credentials() {
  local credentials=${url_head#*://} pair path=${url_tail%%\?*} query=''
  local -a pairs=()
  case ${url_head%%://*} in
    postgres | postgresql | postgres+* | postgresql+*) ;;
    *) fail database-unsupported "DATABASE_URL begins with ${url_head%%://*}://: only PostgreSQL can be asked." ;;
  esac
  credentials=${credentials%@}
  raw_password=''
  if [[ $credentials == *:* ]]; then raw_password=${credentials#*:}; fi
  PGUSER=$(decode "${credentials%%:*}")
  PGPASSWORD=$(decode "$raw_password")
  PGDATABASE=$(decode "${path#/}")
  database_name=$PGDATABASE
  if [[ $url_tail == *\?* ]]; then query=${url_tail#*\?}; fi
  query=${query%%#*}
  split_list pairs "${query//&/,}"
  for pair in "${pairs[@]}"; do
    case $pair in
      sslmode=* | ssl=*) PGSSLMODE=$(decode "${pair#*=}") ;;
      sslrootcert=*) PGSSLROOTCERT=$(decode "${pair#*=}") ;;
    esac
  done
}

# psql as the owner of the code. What it needs to know is in its environment: arguments can be read by everybody on the host.
ask() {
  local -a command=(psql -X -A -t -q -v ON_ERROR_STOP=1 -c "$SSM_sql")
  if [[ $own_name != "$SSM_user" ]]; then command=(runuser -u "$SSM_user" -- "${command[@]}"); fi
  (
    export PGUSER PGPASSWORD PGDATABASE PGHOST=$ask_host PGPORT=$ask_port PGCONNECT_TIMEOUT=10
    if [[ -n ${PGSSLMODE-} ]]; then export PGSSLMODE; fi
    if [[ -n ${PGSSLROOTCERT-} ]]; then export PGSSLROOTCERT; fi
    export PGOPTIONS='-c default_transaction_read_only=on -c statement_timeout=30000 -c lock_timeout=5000'
    cd /
    exec timeout --foreground -k 5 45 "${command[@]}"
  ) | head -c 4000
}

# psql's own words without the password, as it is written and as it is meant.
blotted() {
  local text=$1
  if [[ -n $PGPASSWORD ]]; then text=${text//"$PGPASSWORD"/***}; fi
  if [[ -n $raw_password ]]; then text=${text//"$raw_password"/***}; fi
  text=${text//[^[:print:][:space:]]/?}
  printf '%s' "${text:0:800}"
}

question() {
  local said
  # Warnings of the server are no answer; they are only read when there is none.
  if ! said=$(ask 2>/dev/null); then
    said=$(ask 2>&1 >/dev/null || true)
    fail query-failed "psql could not ask $ask_host:$ask_port. See detail; nothing was changed." "$(blotted "$said")"
  fi
  said=${said%%$'\n'*}
  said=${said%%|*}
  if [[ $said =~ ^[0-9]{1,15}$ ]]; then value=$((10#$said)); fi
  if [[ -z $SSM_atLeast ]]; then return; fi
  if [[ $value == null ]]; then fail check-not-a-number 'The first column of the first row is no whole number. Let database.check.sql answer one number.'; fi
  if ((value < 10#$SSM_atLeast)); then fail check-failed "The database answers $value, wanted at least $SSM_atLeast."; fi
}

# Addresses that the name in $1, host:port, leads to, each with the port.
addresses_of() {
  local address
  getent ahostsv4 "${1%:*}" | while read -r address _; do printf '%s:%s\n' "$address" "${1##*:}"; done | sort -u
}

# True when no address of the name is one of the instance that had it before; a name that leads nowhere does not count as moved.
is_away() {
  local here there
  here=$(addresses_of "$ask_host:$ask_port") || true
  there=$(addresses_of "$SSM_awayFrom") || true
  if [[ -z $here ]]; then return 1; fi
  [[ -z $(comm -12 <(printf '%s\n' "$here") <(printf '%s\n' "$there")) ]]
}

await_name() {
  local deadline=$((SECONDS + 10#$SSM_awaySeconds))
  if [[ -z $SSM_awayFrom ]]; then return; fi
  while ! is_away; do
    if ((SECONDS >= deadline)); then
      fail name-not-moved "$ask_host still leads to the instance that had this name before, after $SSM_awaySeconds s. Wait for DNS, then run this again."
    fi
    sleep 2
  done
}

if [[ -n $SSM_fence ]]; then check_fence; else read_fence; fi
need getent
find_user
if [[ -n $SSM_configurationFile ]]; then
  if [[ ! -r $SSM_configurationFile || ! -f $SSM_configurationFile ]]; then
    fail configuration-missing "$SSM_configurationFile is not there or cannot be read: it says where the database is."
  fi
  read_database_url "$SSM_configurationFile"
  ask_host=$url_host
  ask_port=$url_port
elif [[ -n $SSM_sql || -z $SSM_databaseAddress ]]; then
  fail invalid-parameter 'A question needs the configuration file, whose DATABASE_URL says how to ask.'
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
succeed "\"value\":$value,\"database\":{\"address\":$(json_string "$ask_host:$ask_port"),\"name\":$(json_text "$database_name")},\"milliseconds\":$(($(date +%s%3N) - started))"
