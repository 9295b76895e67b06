"""What people read holds together."""

import importlib.util
import re
import urllib.parse
from pathlib import Path

import pytest

from cmgan_jax.evaluation.markdown import as_markdown

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for link in LINK.findall(document.read_text()):
        path, _, heading = urllib.parse.unquote(link).partition("#")
        if "://" in path:
            continue
        there = document.parent / path if path else document
        assert there.exists(), link
        assert not heading or heading in _headings(there), link


def _headings(document):
    """The anchors of a document's headings, as the forges make them."""
    found = HEADING.findall(document.read_text())
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}


@pytest.fixture(scope="module")
def writer():
    path = ROOT / "benchmarks" / "results_in_readme.py"
    spec = importlib.util.spec_from_file_location("results_in_readme", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme_holds_the_committed_results(writer):
    readme = (ROOT / "README.md").read_text()
    results = writer.read()
    assert writer.with_tables(readme, writer.tables(results)) == readme
    assert writer.EVERY_COLUMN.read_text() == as_markdown(results)


def test_tables_go_between_the_marks_and_nowhere_else(writer):
    readme = f"above\n{writer.BEGIN}\nold\n{writer.END}\nbelow\n"
    assert writer.with_tables(readme, "new\n") == readme.replace("old", "new")
    with pytest.raises(ValueError, match="once each"):
        writer.with_tables(readme + writer.BEGIN, "new\n")
