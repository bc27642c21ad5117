# Runs what needs no root as the owner of the code: git refuses another's repository, and root would leave files that the owner can't change.

user_home=''
if ((EUID == 0)); then own_name=root; else own_name=$(id -un); fi

find_user() {
  user_home=$(getent passwd "$SSM_user") || true
  # name:password:uid:gid:gecos:home:shell
  user_home=${user_home%:*}
  user_home=${user_home##*:}
  if [[ -z $user_home ]]; then fail user-missing "There is no user $SSM_user on this host. Correct code.user in the manifest."; fi
  if ((EUID == 0)); then
    need runuser
  elif [[ $own_name != "$SSM_user" ]]; then
    fail wrong-user "This script runs as $own_name and cannot become $SSM_user; the agent should run as root."
  fi
}

# Runs a command as the owner in an environment of its own. The umask is that of an ordinary login: a web server reads these files.
as_user() {
  local -a command=(env -i "PATH=$PATH" "HOME=$user_home" "USER=$SSM_user" "LOGNAME=$SSM_user" LC_ALL=C NO_COLOR=1 GIT_TERMINAL_PROMPT=0)
  local name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [[ -n ${!name-} ]]; then command+=("$name=${!name}"); fi
  done
  if [[ $own_name != "$SSM_user" ]]; then command=(runuser -u "$SSM_user" -- "${command[@]}"); fi
  (umask 022 && exec "${command[@]}" "$@") 3>&- 7>&- 8>&- 9>&-
}

# As as_user, in the folder $1. In the foreground: time-outs and cancels kill the whole process group, and nothing may leave it.
as_user_in() { # folder, seconds, command...
  as_user bash -c 'cd -- "$1" && shift && exec timeout --foreground -k 10 "$@"' rollback "$@"
}
