# Records what runs on this host before a rollback and backs up its configuration: the way back. A second run answers what the first one saw.

capture="$state/captures/$SSM_rollbackId.json"

# The dated backup of this rollback as $backup, made unless a run before this one did. Whole or not there: it is renamed into place.
back_up_configuration() {
  local found temporary="$state/configuration/new"
  # The question marks stand for exactly one time: another rollback's id may end like this one.
  for found in "$state/configuration/"????????T??????Z-"$SSM_rollbackId.env"; do
    backup=$found
    return
  done
  backup="$state/configuration/$(date -u +%Y%m%dT%H%M%SZ)-$SSM_rollbackId.env"
  run_tool cp -T -- "$SSM_configurationFile" "$temporary" && run_tool chmod 600 -- "$temporary" &&
    { ((EUID != 0)) || run_tool chown --reference="$SSM_configurationFile" -- "$temporary"; } &&
    run_tool mv -fT -- "$temporary" "$backup" && return
  rm -f -- "$temporary"
  tool_failed backup-failed "The configuration could not be backed up to $state/configuration. Nothing was changed."
}

open_state_beside
make_folder 700 "$state/configuration"
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
  sum=$(sha256sum <"$backup")
  configuration="{\"sha256\":\"${sum%% *}\",\"backup\":$(json_string "$backup")}"
fi

fields="\"commit\":\"$head_commit\",\"branch\":$(json_text "$head_branch"),\"dirtyFiles\":$dirty_files,\"services\":$services_json,\"configuration\":$configuration"
write_state "$capture" "{\"document\":\"$document\",\"host\":$(json_string "$host"),\"ok\":true,$fields}"
succeed "$fields"
