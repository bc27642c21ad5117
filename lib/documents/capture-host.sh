# Records what runs on this host before a rollback and backs up its configuration: the way back. A second run answers what the first one saw.

capture="$state/captures/$SSM_rollbackId.json"

open_state_beside
make_folder 700 "$state/captures"
if [[ -s $capture ]]; then
  answered=yes
  cat -- "$capture" >&3
  exit 0
fi

open_repository
count_dirty_files
observe_services
configuration=null
if [[ -n $SSM_configurationFile && -f $SSM_configurationFile ]]; then
  back_up_configuration
  configuration=$(backup_json)
fi

# A change of names helps only where the application finds its database by that name.
require_own_database() {
  local here there loopback='^(127\.|::1:)'
  if [[ $SSM_databaseUrlNeeded != yes ]] && ! grep -qsE '^[[:space:]]*(export[[:space:]]+)?DATABASE_URL[[:space:]]*=' -- "$SSM_configurationFile"; then return; fi
  if [[ ! -f $SSM_configurationFile || ! -r $SSM_configurationFile ]]; then
    fail configuration-missing "$SSM_configurationFile is not there or cannot be read: it says where the database is. Nothing was changed."
  fi
  read_database_url "$SSM_configurationFile" "$SSM_configurationFile"
  here=$(addresses_of "$url_host:$url_port") || true
  there=$(addresses_of "$SSM_databaseAddress") || true
  # A pooler on the host itself goes by a name that is written elsewhere.
  if [[ $here =~ $loopback && ! $there =~ $loopback ]]; then return; fi
  if [[ -n $here && -n $there ]] && have_one_in_common "$here" "$there"; then return; fi
  if [[ ${url_host,,}:$url_port == "${SSM_databaseAddress,,}" ]]; then return; fi
  fail database-elsewhere "DATABASE_URL names ${url_host,,}:$url_port, not $SSM_databaseAddress: this host uses another database than database.instance of the manifest. Correct one of the two. Nothing was changed."
}

# Before the capture, which says that this was done.
if [[ -n $SSM_databaseAddress ]]; then
  require_own_database
  write_state "$addresses_before" "$(addresses_of "$SSM_databaseAddress" || true)"
fi

fields="\"commit\":\"$head_commit\",\"branch\":$(json_text "$head_branch"),\"dirtyFiles\":$dirty_files,\"services\":$services_json,\"configuration\":$configuration"
write_state "$capture" "{\"document\":\"$document\",\"host\":$(json_string "$host"),\"ok\":true,$fields}"
succeed "$fields"
