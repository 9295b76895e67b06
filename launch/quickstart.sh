#!/usr/bin/env bash
# From nothing to pictures made from sounds and sounds made from pictures.
#
#   ./launch/quickstart.sh
#
# Needs Linux or macOS and Python 3.11 or later. Makes .venv, installs, and shows what
# the trained model in the package makes of docs/examples. Then it prepares the embedded
# data set, trains both directions at a small width, evaluates on songs never heard in
# training, and writes runs/quickstart/report/index.html. README says how long that
# takes. Stopped or failed, start it again: it goes on where it stopped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/environment.sh
source launch/beside.sh

# A verb that was asked to stop ends the script as well.
export CMGAN_STOP_STATUS=130

data=data/pocket_orchestra
runs=runs/quickstart
first=$runs/first
finished=$runs/finished_by
cmgan=(.venv/bin/python -m cmgan_jax)
s2i=(train --config=duet:quickstart/s2i --data="$data" --workdir="$runs/s2i")
steps=7
step=0

elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# heading TITLE
heading() {
  step=$((step + 1))
  printf '\n==> [%s] %d/%d %s\n' "$(elapsed)" "$step" "$steps" "$1"
}

# verb TITLE VERB FLAGS...
verb() {
  heading "$1"
  attempt "${cmgan[@]}" "${@:2}"
}

# Several at once, since one alone leaves a core half idle. One fails: the others save.
together() { all_of_them TERM 60; }

# first_look KIND RESULTS: unless it was done before.
first_look() {
  if [ -d "$first/$2" ]; then return; fi
  beside "$2" "${cmgan[@]}" generate --input="docs/examples/$1" \
    --output="$first/begun_$2" --overwrite
}

# Changes whenever the software does.
software() {
  find cmgan_jax setup.cfg -type f ! -name '*.pyc' -exec cksum {} + | sort | cksum
}

stopped() {
  local status=$?
  [ "$status" -eq 0 ] && return
  {
    printf '\nStopped after %s with exit status %d. ' "$(elapsed)" "$status"
    printf 'The command that failed, in %s:\n\n %s\n\n' "$PWD" "$attempted"
    printf 'Start it again to go on from there.\n'
  } >&2
}
trap stopped EXIT

if [ -f "$runs/report/index.html" ] &&
  [ "$(cat "$finished" 2>/dev/null)" = "$(software)" ]; then
  echo "All of it was made by this very version of the software."
  echo "Look and listen: $runs/report/index.html"
  exit
fi
heading "Install"
ensure_environment .venv .
heading "First pictures and sounds, by the model in the package"
first_look sounds pictures
first_look images sounds
together
for made in pictures sounds; do
  if [ -d "$first/$made" ]; then continue; fi
  mv "$first/begun_$made" "$first/$made"
done
printf '\nLook and listen while the rest is made: %s\n' "$PWD/$first"
verb "Prepare the pocket orchestra" \
  prepare --dataset=pocket_orchestra --output="$data"
heading "Fetch judges, to score what is generated; train recognisers, to learn from"
beside judges "${cmgan[@]}" judge --data="$data"
beside recognisers "${cmgan[@]}" "${s2i[@]}" --until=recognisers
together
heading "Train both directions: sound to image (s2i), image to sound (i2s)"
beside s2i "${cmgan[@]}" "${s2i[@]}"
beside i2s "${cmgan[@]}" train --config=duet:quickstart/i2s --data="$data" \
  --workdir="$runs/i2s" --recognisers_from="$runs/s2i"
together
heading "Evaluate both on songs and people never met"
for way in s2i i2s; do
  beside "$way" "${cmgan[@]}" evaluate --workdir="$runs/$way"
done
together
verb "Write the report" report --run="$runs"
software >"$finished"
printf '\nDone in %s.\n' "$(elapsed)"
