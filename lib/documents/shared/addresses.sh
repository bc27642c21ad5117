# Where the name of a database leads: what a cut-over by rename changes.

# What the name led to on this host when the rollback began, one address a line.
addresses_before="$state/captures/$SSM_rollbackId.addresses"

# Addresses that the name in $1, host:port, leads to, each with the port; nothing when it leads nowhere.
addresses_of() {
  local address name=${1%:*}
  getent ahosts "${name//[][]/}" | while read -r address _; do printf '%s:%s\n' "$address" "${1##*:}"; done | sort -u
}

have_one_in_common() { [[ -n $(comm -12 <(printf '%s\n' "$1") <(printf '%s\n' "$2")) ]]; }
