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

# Before the capture, which says that this was done.
if [[ -n $SSM_databaseAddress ]]; then
  write_state "$addresses_before" "$(addresses_of "$SSM_databaseAddress" || true)"
fi

fields="\"commit\":\"$head_commit\",\"branch\":$(json_text "$head_branch"),\"dirtyFiles\":$dirty_files,\"services\":$services_json,\"configuration\":$configuration"
write_state "$capture" "{\"document\":\"$document\",\"host\":$(json_string "$host"),\"ok\":true,$fields}"
succeed "$fields"
