"""The page that lists what of a film is new."""

from pathlib import Path

import jinja2

from cmgan_jax.generation.restoring import Restored
from cmgan_jax.runtime.whole_file import write_text


def write_restoration(
    path: Path, restored: Restored, *, film: str, output: str
) -> None:
    """Writes the page of a restored film, which lies beside it.

    Args:
      path: of the page.
      restored: what was done.
      film: name of the film as it was.
      output: name of the restored film, in the page's folder.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("restoration.html")
    write_text(path, template.render(restored=restored, film=film, output=output))
