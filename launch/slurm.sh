#!/usr/bin/env bash
# Submits a verb to Slurm.
#
#   ./launch/slurm.sh [--dry_run] [--SBATCH_OPTION=VALUE ...] VERB FLAGS...
#   ./launch/slurm.sh --nodes=2 --ntasks-per-node=8 --gpus-per-node=8 --time=4:00:00 \
#     train --config=sa_cmgan:s2i --data=data/sub_urmp --workdir=runs/s2i
#
# One task per GPU, as JAX expects under Slurm. Start it where the project and its
# environment (.venv, or PYTHON=...) are seen by all nodes. 120 s before the time limit
# the run saves its state; then, as after a preemption, the job is queued again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/options.sh

read_foreign "$@"
require ""
perform sbatch --job-name="cmgan_${command[0]}" --requeue --signal=B:TERM@120 --open-mode=append \
  --output=slurm-%j.log ${options[@]+"${options[@]}"} launch/slurm_job.sh "${command[@]}"
