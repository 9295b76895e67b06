"""A page to play with, at an address of this computer; it needs no network.

    python -m cmgan_jax serve --workdir=runs/s2i --workdir=runs/i2s

serves runs of your own, one for each direction; without --workdir it is the model that
the package holds. Open http://127.0.0.1:8000/ in a browser: drop or record a sound and
see pictures or a film, drop or take a picture and hear sounds, drop a film and hear its
soundtrack. Ctrl-C and SIGTERM end it, with status 0.
"""

from pathlib import Path

from absl import flags

from cmgan_jax.generation.translator import load
from cmgan_jax.serving.app import make_app
from cmgan_jax.serving.server import listen, serve
from cmgan_jax.serving.studio import Studio
from cmgan_jax.serving.ways import open_ways

WORKDIR = flags.DEFINE_multi_string(
    "workdir",
    [],
    "Folder of a trained run, or a file that `export` wrote; once for each direction. "
    "The model that the package holds if none.",
)
DATA = flags.DEFINE_string(
    "data",
    None,
    "Folder of the prepared data, if not where the model was trained: for its judges "
    "and for examples from its test split.",
)
HOST = flags.DEFINE_string(
    "host",
    "127.0.0.1",
    "Address to listen at. The default is reached from this computer alone; any other "
    "lets everybody in its network use the page.",
)
PORT = flags.DEFINE_integer(
    "port",
    8000,
    "Port to listen at; 0 takes any that is free.",
    lower_bound=0,
    upper_bound=65535,
)
HELP = {
    "What is served": (WORKDIR, DATA),
    "Where": (HOST, PORT),
}


def main() -> None:
    """Loads, then serves until it is stopped."""
    data = Path(DATA.value) if DATA.value else None
    with listen(HOST.value, PORT.value) as listening:
        studio = Studio(open_ways(load(*WORKDIR.value).models, data=data))
        try:
            serve(make_app(studio), listening)
        except KeyboardInterrupt:
            print("Stopped.")
