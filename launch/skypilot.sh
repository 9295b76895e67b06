#!/usr/bin/env bash
# Runs a verb through SkyPilot, on any cloud, recovered when machines are taken away.
#
#   ./launch/skypilot.sh [--dry_run] [--SKY_OPTION=VALUE ...] VERB FLAGS...
#   ./launch/skypilot.sh --gpus=H100:8 --num-nodes=2 --use-spot \
#     train --config=sa_cmgan:s2i --data=/shared/data --workdir=/shared/runs/s2i
#
# launch/skypilot.yaml says what is installed and run; /shared is the bucket or volume
# that it names: put yours there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/options.sh

read_foreign "$@"
require ""
perform sky jobs launch --yes --name="cmgan-${command[0]}" ${options[@]+"${options[@]}"} \
  --env=VERB_AND_FLAGS="$(quoted "${command[@]}")" launch/skypilot.yaml
