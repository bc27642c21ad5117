# Keeps a dated backup of the configuration file, before a deployment. A second run with the same id answers what the first one made.

open_state_beside
need sha256sum
require_plain_file "$SSM_configurationFile" 'The configuration'
if [[ ! -s $SSM_configurationFile ]]; then
  fail configuration-missing "There is no $SSM_configurationFile on this host, or it is empty. Correct configuration.file in the manifest."
fi
back_up_configuration
succeed "\"configuration\":$(backup_json)"
