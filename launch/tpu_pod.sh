#!/usr/bin/env bash
# Runs a verb on a Cloud TPU pod until it has succeeded.
#
#   ./launch/tpu_pod.sh [--dry_run] --name=NAME --zone=ZONE --accelerator_type=TYPE \
#     --runtime_version=VERSION [--spot] [--setup=COMMAND] VERB FLAGS...
#   ./launch/tpu_pod.sh --name=cmgan --zone=us-west4-a --accelerator_type=v5litepod-64 \
#     --runtime_version=v2-alpha-tpuv5-lite --spot \
#     train --config=sa_cmgan:s2i --data=gs://BUCKET/data --workdir=gs://BUCKET/runs/s2i
#
# Asks for the machines as a queued resource and waits for them; copies the commit that
# is checked out; runs --setup, the installation and the verb on all of them; makes
# machines that were taken away anew and goes on; deletes them when the verb is done, or
# has failed three times in a row on machines that were there. Stay connected (tmux), or
# start it again: it goes on with what is there. Data and workdir lie in a bucket, or on
# what --setup mounts on all machines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/options.sh

name="" zone="" accelerator_type="" runtime_version="" spot="" setup=":"
read_options "name zone accelerator_type runtime_version spot setup" "$@"
require "name zone accelerator_type runtime_version"
wait_s=${WAIT_S:-60} # between looks at machines that come, or may be going
install="ensure_environment .venv '.[tpu,gcs]'"
archive=${TMPDIR:-/tmp}/cmgan_jax_$name.tar.gz

on_all() {
  perform gcloud compute tpus tpu-vm ssh "$name" --zone="$zone" --worker=all \
    --command="$1"
}

ask() {
  perform gcloud compute tpus queued-resources create "$name" --node-id="$name" \
    --zone="$zone" --accelerator-type="$accelerator_type" \
    --runtime-version="$runtime_version" ${spot:+--spot}
}

give_back() {
  perform gcloud compute tpus queued-resources delete "$name" --zone="$zone" \
    --force --quiet
}

# Nothing where there is no such resource.
state() {
  gcloud compute tpus queued-resources describe "$name" --zone="$zone" \
    --format='value(state.state)' 2>/dev/null || true
}

there() {
  [ "$(gcloud compute tpus tpu-vm describe "$name" --zone="$zone" \
    --format='value(state)' 2>/dev/null)" = READY ]
}

# Copies, installs, runs; true when the verb has succeeded everywhere.
attempt() {
  perform git archive --format=tar.gz --output="$archive" HEAD &&
    perform gcloud compute tpus tpu-vm scp "$archive" "$name:cmgan_jax.tar.gz" \
      --zone="$zone" --worker=all &&
    on_all "$setup && mkdir -p cmgan_jax && tar -xzf cmgan_jax.tar.gz -C cmgan_jax" &&
    on_all "cd cmgan_jax && source launch/environment.sh && $install" &&
    on_all "cd cmgan_jax && CMGAN_STOP_STATUS=75 $(quoted .venv/bin/python -m cmgan_jax "${command[@]}" \
      --distributed=auto)"
}

if [ -n "$dry_run" ]; then
  ask
  attempt
  give_back
  exit
fi

failures=0
while true; do
  case $(state) in
    "") ask ;;
    ACTIVE)
      status=1
      if there && attempt; then status=0; fi
      # A verb that is told to stop ends before its machine is gone.
      sleep "$wait_s"
      if there && [ "$status" -eq 0 ]; then
        give_back
        exit
      elif there; then
        failures=$((failures + 1))
        echo "The verb failed on machines that are there ($failures of 3)." >&2
        if [ "$failures" -eq 3 ]; then
          give_back
          exit 1
        fi
      else
        failures=0
        echo "The machines were taken away: asking anew." >&2
        give_back
      fi
      ;;
    FAILED | SUSPENDING | SUSPENDED) give_back ;;
    *) sleep "$wait_s" ;; # it is coming, or going
  esac
done
