# shellcheck shell=bash
# Sourced by the scripts that run several commands at once. Needs bash 3.2 or later.

_pids=()
_names=()
_commands=()
_asked=0 # how often SIGINT or SIGTERM came

# beside NAME COMMAND...
# Starts a command in the background, each line of what it says with [NAME] in front.
# SIGINT and SIGTERM reach it as SIGTERM, once it is waited for.
beside() {
  trap '_asked=$((_asked + 1))' INT TERM
  "${@:2}" > >(_named "$1") 2> >(_named "$1" >&2) &
  _pids+=($!)
  _names+=("$1")
  _commands+=("$(printf ' %q' "${@:2}")")
}

# all_of_them SIGNAL SECONDS
# Waits for all that were started. When one of them fails, the others get the signal (0
# is none), and are killed after so many seconds more; its exit status is returned, and
# its command, ready to be typed, in $attempted.
all_of_them() {
  local signal=$1 grace=$2 status=0 deadline=0 told=0 ended i
  while [ ${#_pids[@]} -gt 0 ]; do
    sleep 0.2 || true
    if [ "$told" -lt "$_asked" ]; then
      told=$((told + 1))
      _signal_all TERM
    fi
    for i in "${!_pids[@]}"; do
      if kill -0 "${_pids[$i]}" 2>/dev/null; then continue; fi
      ended=0
      wait "${_pids[$i]}" || ended=$?
      unset "_pids[$i]"
      if [ "$ended" -ne 0 ] && [ "$status" -eq 0 ]; then
        status=$ended
        deadline=$((SECONDS + grace))
        # shellcheck disable=SC2034 # read by who sources this
        attempted=${_commands[$i]}
        echo "[${_names[$i]}] ended with exit status $status: ending all." >&2
        # Told a second time, they would end without saving.
        if [ "$told" -eq 0 ]; then _signal_all "$signal"; fi
      fi
    done
    if [ "$status" -ne 0 ] && [ "$SECONDS" -ge "$deadline" ]; then
      _signal_all KILL
    fi
  done
  trap - INT TERM
  _names=() _commands=() _asked=0
  return "$status"
}

_signal_all() { kill "-$1" ${_pids[@]+"${_pids[@]}"} 2>/dev/null || true; }

_named() {
  local line
  trap '' INT TERM
  while IFS= read -r line || [ -n "$line" ]; do printf '[%s] %s\n' "$1" "$line"; done
}
