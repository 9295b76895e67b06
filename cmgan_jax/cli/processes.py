"""The flags by which verbs run in several processes, and their start."""

from absl import flags

from cmgan_jax.runtime import processes

DISTRIBUTED = flags.DEFINE_enum(
    "distributed",
    "auto",
    list(processes.MODES),
    "Whether this process is one of several that make one run; docs/pods.md. auto: if "
    "one of the next three flags is given, or on a cluster that JAX finds (Cloud TPU, "
    "Slurm, GKE, Open MPI).",
)
COORDINATOR_ADDRESS = flags.DEFINE_string(
    "coordinator_address", None, "HOST:PORT of the first process."
)
NUM_PROCESSES = flags.DEFINE_integer(
    "num_processes", None, "Processes of the run.", lower_bound=1
)
PROCESS_ID = flags.DEFINE_integer(
    "process_id", None, "Number of this process, from 0.", lower_bound=0
)
HEARTBEAT_TIMEOUT = flags.DEFINE_integer(
    "heartbeat_timeout",
    100,
    "Seconds after which a process that is not heard of is dead, and all end.",
    lower_bound=5,
)
INITIALIZATION_TIMEOUT = flags.DEFINE_integer(
    "initialization_timeout",
    300,
    "Seconds to wait for the other processes to start.",
    lower_bound=5,
)
flags.register_validator(
    "coordinator_address",
    lambda address: not address or address.rpartition(":")[2].isdigit(),
    message="expected HOST:PORT, such as 10.0.0.1:1234.",
)
HELP = {
    "Several processes": (
        DISTRIBUTED,
        COORDINATOR_ADDRESS,
        NUM_PROCESSES,
        PROCESS_ID,
        HEARTBEAT_TIMEOUT,
        INITIALIZATION_TIMEOUT,
    )
}


def start() -> None:
    """Connects this process with the others, if it is one of several.

    Raises:
      ValueError: as `runtime.processes.start`.
    """
    processes.start(
        DISTRIBUTED.value,
        coordinator_address=COORDINATOR_ADDRESS.value,
        num_processes=NUM_PROCESSES.value,
        process_id=PROCESS_ID.value,
        heartbeat_timeout=HEARTBEAT_TIMEOUT.value,
        initialization_timeout=INITIALIZATION_TIMEOUT.value,
    )
