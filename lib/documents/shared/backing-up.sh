# Dated backups of the configuration file.

backups="$state/configuration"
backup=''

# The dated backup that a run before this one made, as $backup. The question marks stand for exactly one time: another rollback's id may
# end like this one.
find_own_backup() {
  local found
  for found in "$backups/"????????T??????Z-"$SSM_rollbackId.env"; do
    backup=$found
    return
  done
  return 1
}

# The dated backup of this rollback as $backup, made unless a run before this one did. Whole or not there: it is renamed into place.
back_up_configuration() {
  # Documents of other names make theirs beside this one.
  local temporary="$backups/new-$document"
  make_folder 700 "$backups"
  if find_own_backup; then return; fi
  backup="$backups/$(date -u +%Y%m%dT%H%M%SZ)-$SSM_rollbackId.env"
  run_tool cp -T -- "$SSM_configurationFile" "$temporary" && run_tool chmod 600 -- "$temporary" &&
    { ((EUID != 0)) || run_tool chown --reference="$SSM_configurationFile" -- "$temporary"; } &&
    run_tool mv -fT -- "$temporary" "$backup" && return
  rm -f -- "$temporary"
  tool_failed backup-failed "The configuration could not be backed up to $backups. Nothing was changed."
}

# The backup of this rollback as JSON: its checksum and path.
backup_json() {
  local sum
  sum=$(sha256sum <"$backup")
  printf '{"sha256":"%s","backup":%s}' "${sum%% *}" "$(json_string "$backup")"
}

# $1 path, $2 what it is to people.
require_plain_file() {
  if [[ -L $1 || (-e $1 && ! -f $1) ]]; then
    fail configuration-not-a-file "$2 $1 is a folder, a link or a device. Put a file there. Nothing was changed."
  fi
}
