#!/usr/bin/env bash
# Builds the image of one platform.
#
#   ./launch/docker.sh [--dry_run] [--tag=TAG] cpu|cuda|tpu
#
# The tag is cmgan_jax:PLATFORM unless another is given. On a GPU host:
#   docker run --rm --gpus=all --volume="$PWD:/shared" cmgan_jax:cuda \
#     train --config=sa_cmgan:s2i --data=/shared/data/sub_urmp --workdir=/shared/runs/s2i
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/options.sh

tag=""
read_options "tag" "$@"
case "${command[*]-}" in
  cpu | cuda | tpu) platform=${command[0]} ;;
  *) explain "a platform is missing: cpu, cuda or tpu." ;;
esac
perform docker build --file=launch/Dockerfile --build-arg=PLATFORM="$platform" \
  --tag="${tag:-cmgan_jax:$platform}" .
