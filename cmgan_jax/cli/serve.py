"""A page to play with, at an address of this computer; it needs no network.

    python -m cmgan_jax serve --workdir=runs/s2i --workdir=runs/i2s

Then open http://127.0.0.1:8000/ in a browser: drop or record a sound and see pictures,
drop or take a picture and hear sounds. --workdir is given once for each direction.
"""

from absl import flags

from cmgan_jax.runs.model import load
from cmgan_jax.serving.app import make_app
from cmgan_jax.serving.server import listen, serve
from cmgan_jax.serving.studio import Studio
from cmgan_jax.serving.ways import open_ways

WORKDIR = flags.DEFINE_multi_string(
    "workdir", None, "Folder of a trained run; once for each direction.", required=True
)
HOST = flags.DEFINE_string(
    "host",
    "127.0.0.1",
    "Address to listen at. The default is reached from this computer alone; any other "
    "lets everybody in its network use the page.",
)
PORT = flags.DEFINE_integer(
    "port", 8000, "Port to listen at; 0 takes any that is free.", lower_bound=0
)


def main() -> None:
    """Loads, then serves until it is stopped."""
    with listen(HOST.value, PORT.value) as listening:
        studio = Studio(open_ways(load(workdir) for workdir in WORKDIR.value))
        try:
            serve(make_app(studio), listening)
        except KeyboardInterrupt:
            print("Stopped.")
