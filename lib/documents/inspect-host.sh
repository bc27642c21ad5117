# Tells what runs on this host. Changes nothing, takes no lock.

services_json='' configuration_json='' health_json='' error_count=''
if [[ -n $SSM_fence ]]; then check_fence; else read_fence; fi
open_repository

target_present=false
if [[ -n $SSM_commit ]] && commit_present "$SSM_commit"; then target_present=true; fi
count_dirty_files
observe_services
observe_configuration "$SSM_configurationFile"
ask_health "$SSM_healthUrl"
count_errors "$SSM_logUnits" "$SSM_logsSince"
measure_free
version=$(git --version)

fields="\"commit\":\"$head_commit\",\"branch\":$(json_text "$head_branch"),\"dirtyFiles\":$dirty_files,\"targetPresent\":$target_present"
fields+=",\"gitVersion\":$(json_string "${version#git version }"),\"services\":$services_json,\"configuration\":$configuration_json"
fields+=",\"health\":$health_json,\"errorsInLogs\":$(json_number "$error_count"),\"freeMegabytes\":$free_megabytes,\"fence\":$(json_number "$highest_fence")"
succeed "$fields"
