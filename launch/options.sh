# shellcheck shell=bash
# Sourced by the launchers: what stands before the verb, and commands that --dry_run
# prints instead. Needs bash 3.2 or later.

dry_run=""

# explain REASON: says what is wrong and how the script that sources this is called.
explain() {
  {
    echo "$1"
    echo
    sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$0"
  } >&2
  exit 2
}

# read_options "NAME NAME..." ARGUMENTS...
# Sets $NAME from each --NAME=VALUE in front of the verb ("yes" where there is no =), and
# leaves verb and flags in ${command[@]}. Its own names begin with _ to hide none.
read_options() {
  local _known=" dry_run $1 " _option _name
  shift
  while [ $# -gt 0 ] && [[ $1 == --* ]]; do
    _option=${1#--}
    _name=${_option%%=*}
    [[ $_known == *" $_name "* ]] || explain "--$_name is unknown; known:$_known"
    [[ $_option == *=* ]] || _option="$_name=yes"
    printf -v "$_name" %s "${_option#*=}"
    shift
  done
  command=("$@")
}

# require "NAME NAME...": a verb and each of these options were given.
require() {
  local _name
  for _name in $1; do
    [ -n "${!_name}" ] || explain "--$_name=... is missing."
  done
  [ ${#command[@]} -gt 0 ] || explain "a verb is missing, such as train."
}

# read_foreign ARGUMENTS...
# As read_options, where the options are those of another program: ${options[@]}.
read_foreign() {
  options=()
  while [ $# -gt 0 ] && [[ $1 == --* ]]; do
    if [ "$1" = --dry_run ]; then dry_run=yes; else options+=("$1"); fi
    shift
  done
  command=("$@")
}

# quoted WORDS...: one line that a shell reads as these words.
quoted() {
  local line
  line=$(printf ' %q' "$@")
  echo "${line# }"
}

# perform COMMAND...: runs it, or prints it where --dry_run was given.
perform() {
  if [ -n "$dry_run" ]; then quoted "$@"; else "$@"; fi
}
