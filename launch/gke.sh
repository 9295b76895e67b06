#!/usr/bin/env bash
# Runs a verb as a JobSet on Google Kubernetes Engine.
#
#   ./launch/gke.sh [--dry_run] --name=NAME --image=IMAGE --accelerator=LABEL \
#     --topology=TOPOLOGY --hosts=N [--service_account=NAME] [--claim=CLAIM] \
#     [--chips_per_host=4] VERB FLAGS...
#   ./launch/gke.sh --name=cmgan --image=REGISTRY/cmgan_jax:tpu --hosts=16 \
#     --accelerator=tpu-v5-lite-podslice --topology=8x8 --service_account=trainer \
#     train --config=sa_cmgan:s2i --data=gs://BUCKET/data --workdir=gs://BUCKET/runs/s2i
#
# The image is launch/docker.sh's. NAME is a service account of the cluster that may read
# and write the bucket; or CLAIM a PersistentVolumeClaim that all pods may write, seen by
# them as /shared. When one pod ends badly all are started again, and the
# run goes on from its last checkpoint. Needs kubectl, and JobSet in the cluster.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/options.sh

name="" image="" accelerator="" topology="" hosts="" chips_per_host=4
service_account=default claim=""
read_options "name image accelerator topology hosts service_account claim \
chips_per_host" "$@"
require "name image accelerator topology hosts"

# A list that YAML reads as these words.
listed() {
  local word list=""
  for word in "$@"; do
    word=${word//\\/\\\\}
    list="$list, \"${word//\"/\\\"}\""
  done
  echo "[${list#, }]"
}

manifest() {
  cat <<END
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata:
  name: $name
  annotations:
    alpha.jobset.sigs.k8s.io/exclusive-topology: cloud.google.com/gke-nodepool
spec:
  failurePolicy:
    maxRestarts: 1000
  replicatedJobs:
    - name: hosts
      replicas: 1
      template:
        spec:
          parallelism: $hosts
          completions: $hosts
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              serviceAccountName: $service_account
              terminationGracePeriodSeconds: 120
              nodeSelector:
                cloud.google.com/gke-tpu-accelerator: $accelerator
                cloud.google.com/gke-tpu-topology: $topology
              containers:
                - name: cmgan-jax
                  image: $image
                  args: $(listed "${command[@]}" --distributed=auto)
                  env:
                    # Told to stop, it is not done: the others start again with it.
                    - name: CMGAN_STOP_STATUS
                      value: "75"
                  resources:
                    limits:
                      google.com/tpu: $chips_per_host
END
  [ -z "$claim" ] || cat <<END
                  volumeMounts:
                    - name: shared
                      mountPath: /shared
              volumes:
                - name: shared
                  persistentVolumeClaim:
                    claimName: $claim
END
}

if [ -n "$dry_run" ]; then manifest; else manifest | kubectl apply -f -; fi
