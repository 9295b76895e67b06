"""What the launchers run: dry runs word by word, and stubs in place of clusters."""

import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = ROOT / "launch"
DRY_RUNS = Path(__file__).parent / "dry_runs"
TRAIN = ["train", "--config=sa_cmgan:s2i", "--data=/shared/data"]
TRAIN += ["--workdir=/shared/runs/a b"]
CALLS = {
    "slurm": ["--nodes=2", "--ntasks-per-node=8", "--time=4:00:00", *TRAIN],
    "tpu_pod": [
        *("--name=pod", "--zone=us-west4-a", "--accelerator_type=v5litepod-64"),
        *("--runtime_version=v2-alpha-tpuv5-lite", "--spot"),
        *("--setup=sudo mount server:/share /shared", *TRAIN),
    ],
    "gke": [
        *("--name=pod", "--image=registry/cmgan_jax:tpu", "--hosts=16"),
        *("--accelerator=tpu-v5-lite-podslice", "--topology=8x8", "--claim=files"),
        *(*TRAIN, '--recognisers_from="a\\b"'),
    ],
    "skypilot": ["--gpus=H100:8", "--num-nodes=2", *TRAIN],
    "docker": ["tpu"],
}


def launch(name, *arguments, **environment):
    return subprocess.run(
        [LAUNCH / f"{name}.sh", *arguments],
        env={"PATH": os.environ["PATH"], "TMPDIR": "/tmp"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def stub(folder: Path, name: str, text: str):
    (folder / name).write_text(f"#!/usr/bin/env bash\n{text}")
    (folder / name).chmod(0o755)


@pytest.fixture
def stubs(tmp_path):
    """A folder of stubs that stands first on PATH, and that they know as $STUBS."""
    path = f"{tmp_path}:{os.environ['PATH']}"
    return tmp_path, {"PATH": path, "STUBS": str(tmp_path)}


@pytest.mark.parametrize("name", CALLS)
def test_a_dry_run_prints_exactly_what_would_run(name):
    done = launch(name, "--dry_run", *CALLS[name])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (DRY_RUNS / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", ["tpu_pod", "gke"])
def test_what_is_missing_or_misspelt_is_named(name):
    options = [word for word in CALLS[name] if not word.startswith("--name=")]
    for given, message in (
        (options, "--name=... is missing."),
        (["--nane=pod", *options], "--nane is unknown; known: dry_run name"),
        (CALLS[name][: CALLS[name].index("train")], "a verb is missing"),
    ):
        done = launch(name, "--dry_run", *given)
        assert done.returncode == 2 and not done.stdout
        assert done.stderr.startswith(message) and "--dry_run" in done.stderr


@pytest.mark.parametrize("script", sorted(LAUNCH.glob("*.sh")), ids=lambda x: x.name)
def test_a_shell_checker_finds_nothing(script):
    subprocess.run(["bash", "-n", script], check=True)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    # Remarks below warnings differ from one version to the next.
    command = ["shellcheck", "--external-sources", "--severity=warning", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_clusters_read_is_yaml():
    manifest = yaml.safe_load((DRY_RUNS / "gke.txt").read_text())
    (job,) = manifest["spec"]["replicatedJobs"]
    pod = job["template"]["spec"]["template"]["spec"]
    flags = [*TRAIN, '--recognisers_from="a\\b"', "--distributed=auto"]
    assert pod["containers"][0]["args"] == flags


def test_on_gke_a_bucket_needs_no_volume():
    options = [word for word in CALLS["gke"] if not word.startswith("--claim=")]
    done = launch("gke", "--dry_run", "--service_account=trainer", *options)
    (job,) = yaml.safe_load(done.stdout)["spec"]["replicatedJobs"]
    pod = job["template"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "trainer"
    assert "volumes" not in pod and "volumeMounts" not in pod["containers"][0]


def test_skypilot_hands_the_verb_to_every_machine(tmp_path):
    task = yaml.safe_load((LAUNCH / "skypilot.yaml").read_text())
    subprocess.run(["bash", "-n"], input=task["setup"], text=True, check=True)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    stub(tmp_path / ".venv" / "bin", "python", "printf '%s\\n' \"$@\"")
    (handed,) = (
        word.removeprefix("--env=VERB_AND_FLAGS=")
        for word in shlex.split((DRY_RUNS / "skypilot.txt").read_text())
        if word.startswith("--env")
    )
    done = subprocess.run(
        ["bash", "-c", task["run"]],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "VERB_AND_FLAGS": handed,
            "SKYPILOT_NODE_IPS": "10.0.0.1\n10.0.0.2",
            "SKYPILOT_NUM_NODES": "2",
            "SKYPILOT_NODE_RANK": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        *("-m", "cmgan_jax", *TRAIN, "--distributed=on"),
        *("--coordinator_address=10.0.0.1:8476", "--num_processes=2", "--process_id=1"),
    ]


SBATCH = """
while [[ $1 == --* ]]; do shift; done
echo $$ >"$STUBS/job"
SLURM_JOB_ID=7 exec "$@"
"""
SRUN = """
trap 'sleep 0.3; echo saved >"$STUBS/saved"; exit 0' TERM
printf '%s\\n' "$@" >"$STUBS/words"
touch "$STUBS/started"
while [ ! -e "$STUBS/go" ]; do sleep 0.05; done
exit 3
"""


def wait_for(file: Path, job: subprocess.Popen):
    deadline = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < deadline and job.poll() is None
        time.sleep(0.02)


@pytest.mark.parametrize("time_is_up", [True, False])
def test_slurm_saves_and_queues_again_before_the_limit(stubs, time_is_up):
    folder, environment = stubs
    stub(folder, "sbatch", SBATCH)
    stub(folder, "srun", SRUN)
    stub(folder, "scontrol", 'echo "$@" >"$STUBS/requeued"')
    job = subprocess.Popen(
        [LAUNCH / "slurm.sh", "--nodes=2", *TRAIN],
        env=environment | {"PYTHON": "some python"},
    )
    try:
        wait_for(folder / "started", job)
        if time_is_up:
            os.kill(int((folder / "job").read_text()), signal.SIGTERM)
        else:
            (folder / "go").touch()
        status = job.wait(30)
    finally:
        (folder / "go").touch()
    assert (folder / "words").read_text().splitlines() == [
        *("--kill-on-bad-exit=1", "--label", "some python", "-m", "cmgan_jax"),
        *(*TRAIN, "--distributed=auto"),
    ]
    if time_is_up:
        assert status == 0 and (folder / "saved").exists()
        assert (folder / "requeued").read_text() == "requeue 7\n"
    else:
        assert status == 3 and not (folder / "requeued").exists()


# Machines come at the second look, and are taken away in the first two runs of a verb.
GCLOUD = """
echo "$*" >>"$STUBS/calls"
state() { cat "$STUBS/state" 2>/dev/null; }
case "$*" in
  *"queued-resources create"*) echo WAITING_FOR_RESOURCES >"$STUBS/state" ;;
  *"queued-resources delete"*) rm "$STUBS/state" ;;
  *"queued-resources describe"*)
    state || exit 1
    echo ACTIVE >"$STUBS/state" ;;
  *"tpu-vm describe"*) state | sed 's/ACTIVE/READY/' ;;
  *"-m cmgan_jax"*)
    echo run >>"$STUBS/runs"
    if [ "$(wc -l <"$STUBS/runs")" -le "$TAKEN" ]; then
      echo PREEMPTED >"$STUBS/state"
      exit 255
    fi
    exit "$STATUS" ;;
esac
"""


@pytest.mark.parametrize(
    ("taken", "status", "runs", "machines"), [(2, 0, 3, 3), (1, 1, 4, 2)]
)
def test_a_pod_that_is_taken_away_is_made_anew(stubs, taken, status, runs, machines):
    """Taken away, it goes on until success; a verb that fails is not tried for ever."""
    folder, environment = stubs
    stub(folder, "gcloud", GCLOUD)
    facts = {"TAKEN": str(taken), "STATUS": str(status), "WAIT_S": "0.01"}
    done = launch(
        "tpu_pod", *CALLS["tpu_pod"], **environment, **facts, TMPDIR=str(folder)
    )
    assert done.returncode == status, done.stderr
    assert (folder / "runs").read_text().count("run") == runs
    calls = (folder / "calls").read_text().splitlines()
    assert sum("queued-resources create" in call for call in calls) == machines
    assert sum("queued-resources delete" in call for call in calls) == machines
    assert "queued-resources delete" in calls[-1]
    assert done.stderr.count("taken away") == taken
