"""What people read holds together."""

import re
import urllib.parse
from pathlib import Path

import pytest

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
