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
source "$(dirname "${BASH_SOURCE[0]}")/beside.sh"

if [ $# -lt 2 ] || ! [ "$1" -gt 0 ] 2>/dev/null; then
  echo "usage: $0 N VERB FLAGS..." >&2
  exit 2
fi
count=$1
shift
python=${PYTHON:-$(dirname "${BASH_SOURCE[0]}")/../.venv/bin/python}
port=$("$python" -c 'if True:
  import socket
  with socket.socket() as free:
    free.bind(("localhost", 0))
    print(free.getsockname()[1])')

for ((i = 0; i < count; i++)); do
  beside "$i" "$python" -m cmgan_jax "$@" --distributed=on --num_processes="$count" \
    --coordinator_address="localhost:$port" --process_id="$i"
done
# The others notice by themselves, and have ten seconds to say what became of them.
all_of_them 0 10
