"""The page of a restored film."""

from cmgan_jax.generation.restoring import Restored, Stretch
from cmgan_jax.reporting.restoration import write_restoration


def test_the_page_lists_every_stretch_and_trusts_no_name(tmp_path):
    stretches = (
        Stretch("sound", 1.25, 2.5, "silence", filled_from="image"),
        Stretch("image", 3.0, 4.0, "black", note="no system was given"),
    )
    page = tmp_path / "a.html"
    write_restoration(page, Restored(stretches, 9, 0), film="<b>.mp4", output="a b.mp4")
    text = page.read_text()
    assert 'href="a%20b.mp4#t=1.25"' in text and "&lt;b&gt;.mp4" in text
    assert "not filled: no system was given" in text and "9 packets of sound" in text
