#!/usr/bin/env bash
# One run in several processes of this machine, to try out what a pod does.
#
#   ./launch/local_multiprocess.sh N VERB FLAGS...
#
# Starts N processes of a verb that knows --distributed (train, judge, evaluate) on a
# free port, each line of theirs with its number in front. When one of them dies, all
# are ended and the exit status is its. SIGINT and SIGTERM reach all: they save and
# stop. PYTHON=/path/to/python chooses another than that of .venv;
# JAX_NUM_CPU_DEVICES=2 gives each of them two devices on a processor.
set -euo pipefail

if [ $# -lt 2 ] || ! [ "$1" -gt 0 ] 2>/dev/null; then
  echo "usage: $0 N VERB FLAGS..." >&2
  exit 2
fi
count=$1
shift
python=${PYTHON:-$(dirname "${BASH_SOURCE[0]}")/../.venv/bin/python}
grace=10 # seconds that the others have to say what became of them
port=$("$python" -c 'if True:
  import socket
  with socket.socket() as free:
    free.bind(("localhost", 0))
    print(free.getsockname()[1])')

numbered() {
  local line
  trap '' INT TERM
  while IFS= read -r line || [ -n "$line" ]; do printf '[%s] %s\n' "$1" "$line"; done
}

pids=()
# shellcheck disable=SC2317  # called by the trap
stop() { kill -TERM "${pids[@]}" 2>/dev/null || true; }
trap stop INT TERM
for ((i = 0; i < count; i++)); do
  "$python" -m cmgan_jax "$@" --distributed=on --num_processes="$count" \
    --coordinator_address="localhost:$port" --process_id="$i" \
    > >(numbered "$i") 2> >(numbered "$i" >&2) &
  pids+=($!)
done

status=0
running=("${pids[@]}")
while [ ${#running[@]} -gt 0 ]; do
  sleep 0.2 || true
  left=()
  for pid in "${running[@]}"; do
    if kill -0 "$pid" 2>/dev/null; then
      left+=("$pid")
      continue
    fi
    ended=0
    wait "$pid" || ended=$?
    if [ "$ended" -ne 0 ] && [ "$status" -eq 0 ]; then
      status=$ended
      echo "a process ended with exit status $status: ending all." >&2
      deadline=$((SECONDS + grace))
    fi
  done
  running=(${left[@]+"${left[@]}"})
  if [ "$status" -ne 0 ] && [ "$SECONDS" -ge "$deadline" ]; then
    kill -KILL ${running[@]+"${running[@]}"} 2>/dev/null || true
  fi
done
exit "$status"
