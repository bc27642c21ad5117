# JSON without any tool.

# Prints $1 as a JSON string. Control characters other than line breaks and tabs become blanks.
json_string() {
  local text=$1
  text=${text//\\/'\\'}
  text=${text//\"/'\"'}
  text=${text//$'\n'/'\n'}
  text=${text//$'\r'/'\r'}
  text=${text//$'\t'/'\t'}
  text=${text//[[:cntrl:]]/ }
  printf '"%s"' "$text"
}

# Prints $1 as a string, or null when it is empty.
json_text() {
  if [[ -n $1 ]]; then json_string "$1"; else printf null; fi
}

# Prints $1 as a number, or null when it is none.
json_number() {
  if [[ $1 =~ ^[0-9]{1,15}$ ]]; then printf '%d' "$((10#$1))"; else printf null; fi
}

# Prints its arguments as an array of strings.
json_strings() {
  local text separator=''
  printf '['
  for text in "$@"; do
    printf '%s%s' "$separator" "$(json_string "$text")"
    separator=,
  done
  printf ']'
}
