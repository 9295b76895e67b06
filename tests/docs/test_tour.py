"""The notebook runs from top to bottom, and everything in it shows itself."""

import json
from pathlib import Path

import pytest

from cmgan_jax import shipped

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

TOUR = Path(__file__).parents[2] / "docs" / "tour.ipynb"


@pytest.fixture(scope="module")
def shown():
    """What every code cell shows, by type, in order."""
    notebook = nbformat.read(TOUR, as_version=4)
    place = {"metadata": {"path": str(TOUR.parent)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=place).execute()
    return [
        [output.data for output in cell.outputs if "data" in output]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_it_is_kept_without_outputs():
    """Whose size and dates would be in every change."""
    cells = nbformat.read(TOUR, as_version=4).cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.slow
def test_everything_shows_itself(shown):
    """The mistakes: a result is shown as text alone; all seeds give one picture."""
    _, (picture,), (sound,), seeds, back, (film,), (table,) = shown
    assert "image/png" in picture and 'src="data:image/png' in picture["text/html"]
    assert "<audio controls" in sound["text/html"]
    assert len({one["image/png"] for one in seeds}) == 4
    assert ["image/png" in one for one in back] == [False, True]
    assert 'src="data:video/mp4' in film["text/html"]
    card = json.loads(shipped.card(shipped.DEFAULT).with_suffix(".json").read_text())
    (measured,) = (one for one in card["models"] if one["direction"] == "s2i")
    headline = measured["results"]["test"]["headline"]
    low, high = headline["interval"]
    row = f"| s2i, test | {headline['accuracy']:.3f} | {low:.3f} to {high:.3f} |"
    assert row in table["text/markdown"]
