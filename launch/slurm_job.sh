#!/usr/bin/env bash
# What Slurm runs for launch/slurm.sh: the verb in every task of the job.
#
# Slurm tells this shell that the time is nearly over; it hands that on to the tasks,
# which save and stop, and queues the job again.
set -euo pipefail

told_to_stop=""
trap 'told_to_stop=yes; kill -TERM "$step"' TERM
srun --kill-on-bad-exit=1 --label "${PYTHON:-.venv/bin/python}" -m cmgan_jax "$@" \
  --distributed=auto &
step=$!
status=0
wait "$step" || status=$?
# A signal ends the first wait; the tasks are still saving.
while kill -0 "$step" 2>/dev/null; do
  status=0
  wait "$step" || status=$?
done
[ -z "$told_to_stop" ] || scontrol requeue "$SLURM_JOB_ID"
exit "$status"
