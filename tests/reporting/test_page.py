"""The page is complete, self-contained, and shows what it was given."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib.image
import numpy as np
import pytest
import soundfile

from cmgan_jax.reporting.gather import results
from cmgan_jax.reporting.page import (
    DirectionReport,
    Example,
    Report,
    Sample,
    render,
)
from cmgan_jax.signals.pictures import spectrogram_picture

CLASSES = ["double_bass", "flute"]
SAMPLE_RATE = 22050


class Page(HTMLParser):
    """Collects what a browser would load, and whether every element is closed."""

    VOID = frozenset({"meta", "link", "img", "br", "input"})

    def __init__(self, text):
        super().__init__()
        self.open, self.loads, self.count = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in self.VOID:
            self.open.append(tag)
        self.loads += [v for k, v in attrs if k in {"src", "href", "srcset", "data"}]

    def handle_startendtag(self, tag, attrs):
        self.loads += [v for k, v in attrs if k in {"src", "href", "xlink:href"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def evaluation(split="test", rows="judging"):
    return {
        "direction": "s2i",
        "split": split,
        "protocol": "full",
        "n": 1200,
        "songs": 52,
        "chance": 0.5,
        "class_names": CLASSES,
        "judges": {name: {"rows": rows, "real": {}} for name in ("strided", "pooled")},
        "labels_in_training": ["classification loss"],
        "judges_itself": False,
        "made_from": {"step": 7},
        "metrics": measured(),
    }


def measured():
    per_class = {
        "double_bass": {"accuracy": 0.8333, "n": 600},
        "flute": {"accuracy": 0.9667, "n": 600},
    }
    strict = {"accuracy": 0.9, "interval": [0.85, 0.9412]}
    ratios = {"double_bass": 0.41, "flute": 0.83}
    return {
        "headline": {"judge": "pooled", **strict},
        "accuracy": {
            "strided": {"accuracy": 0.957, "interval": [0.93, 0.98]},
            "pooled": strict,
        },
        "real_accuracy": {"strided": 0.991, "pooled": 0.98},
        "per_class": {"strided": per_class, "pooled": per_class},
        "worst_class": {
            "name": "double_bass", "judge": "pooled", "accuracy": 0.8333, "n": 600,
        },
        "confusion": {
            "strided": [[1, 599], [0, 600]],
            "pooled": [[500, 100], [20, 580]],
        },
        "diversity": {
            "mean": 0.62,
            "least": {"name": "double_bass", "ratio": 0.41},
            "per_class": ratios,
        },
    }  # fmt: skip


def metrics():
    gan = [
        {"phase": "gan", "step": 10 * i, "d_loss": 2.0 / (i + 1), "g_loss": 0.1 * i}
        for i in range(60)
    ]
    return ({"phase": "recognisers", "step": 5, "image_loss": 1.0}, *gan)


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(0)

    def picture(judged=()):
        return Sample(rng.integers(0, 256, (64, 64, 3), np.uint8), judged=judged)

    def sound(judged=()):
        levels = rng.integers(0, 256, (64, 64, 1), np.uint8)
        audio = rng.uniform(-1, 1, SAMPLE_RATE // 2).astype(np.float32)
        return Sample(spectrogram_picture(levels), audio, judged)

    def examples(source, target):
        return tuple(
            Example(
                name,
                source(),
                target(),
                (target(("flute", "flute")), target(("flute", "double_bass"))),
            )
            for name in CLASSES
        )

    return Report(
        dataset="<made up>",
        directions=(
            DirectionReport(
                "s2i",
                "runs/<s2i>",
                (evaluation(), evaluation("test_performers")),
                metrics(),
                examples(sound, picture),
            ),
            DirectionReport(
                "i2s",
                "runs/i2s",
                (evaluation(rows="train"),),
                (),
                examples(picture, sound),
            ),
        ),
        made="28 November 2026, 09:30 UTC",
        command="python -m cmgan_jax report --run=runs",
        sample_rate=SAMPLE_RATE,
        configuration={"s2i": {"model": {"width": 16}, "note": "a < b"}},
        versions={"jax": "0.10.2"},
    )


@pytest.fixture(scope="module")
def html(report):
    return render(report)


def test_every_element_is_closed_and_nothing_is_loaded(html):
    page = Page(html)
    assert not page.open
    assert page.loads
    assert all(load.startswith(("data:", "#")) for load in page.loads)
    assert not re.search(r"@import|url\((?!#)|fetch\(|<script[^>]+src", html)


def test_every_picture_and_sound_decodes(html):
    pictures = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    sounds = re.findall(r"data:audio/mpeg;base64,([A-Za-z0-9+/=]+)", html)
    assert (len(pictures), len(sounds)) == (16, 2 * 1 + 2 * 3)
    for text in pictures:
        decoded = matplotlib.image.imread(io.BytesIO(base64.b64decode(text)))
        assert decoded.shape[:2] == (64, 64)
    for text in sounds:
        heard, rate = soundfile.read(io.BytesIO(base64.b64decode(text)))
        assert rate == SAMPLE_RATE
        assert len(heard) == pytest.approx(SAMPLE_RATE // 2, rel=0.1)


def test_numbers_splits_and_judgements_are_shown(html):
    text = re.sub(r"<[^>]+>", " ", html)
    for shown in (
        "90.0", "85.0 to 94.1", "1,200", "98.0", "test performers split",
        "strided 95.7", "pooled 90.0", "(99.1)", "double bass 83.3",
        "0.62 (least 0.41, double bass)", "Accuracy by class (pooled judge)",
        "28 November 2026", "report --run=runs", "runs/&lt;s2i&gt;", "step 7",
    ):  # fmt: skip
        assert shown in text
    # Two directions, two results, judged flute-flute and flute-double_bass.
    assert (text.count("✓ flute"), text.count("✗ flute")) == (6, 6)
    assert (text.count("✓ double_bass"), text.count("✗ double_bass")) == (2, 2)


def test_labels_in_training_and_the_rows_of_the_judges_are_told_once(html):
    text = re.sub(r"<[^>]+>", " ", html)
    used = "labels help in training: classification loss."
    assert text.count(f"Sound to image: {used}") == 1
    assert text.count(f"Image to sound: {used}") == 1
    own_rows = "the judges were trained on the models&#39; own training rows"
    assert text.count(own_rows) == text.count(f"Image to sound: {own_rows}") == 1


def test_results_hold_both_splits_and_both_judges(report):
    found = results(report)
    assert set(found) == {"s2i", "i2s", "versions", "configuration"}
    assert set(found["s2i"]) == {"test", "test_performers"}
    entry = found["s2i"]["test"]
    assert entry["headline"]["accuracy"] == 0.9
    assert entry["accuracy"]["strided"]["accuracy"] == 0.957
    assert entry["worst_class"]["name"] == "double_bass"
    assert entry["diversity"]["least"]["ratio"] == 0.41
    assert entry["labels_in_training"] == ["classification loss"]


def test_confusion_is_in_percent_of_the_row(html):
    cells = re.findall(r'title="(.*?)">(\d*)</td>', html)[:4]
    assert cells == [
        ("double_bass taken for double_bass: 500 of 600", "83"),
        ("double_bass taken for flute: 100 of 600", "17"),
        ("flute taken for double_bass: 20 of 600", "3"),
        ("flute taken for flute: 580 of 600", "97"),
    ]


def test_curves_appear_where_something_was_recorded(html):
    assert Page(html).count["figure"] == 2
    assert "GAN: losses" in html and "Recognisers: losses" in html
    assert "var(--curve-1)" in html and "#030303" not in html


def test_text_from_outside_is_escaped(html):
    assert "<made up>" not in html and "&lt;made up&gt;" in html


def test_equal_reports_give_equal_pages(report, html):
    assert render(report) == html


def test_unknown_direction_and_missing_evaluation_are_refused(report):
    part = report.directions[0]
    with pytest.raises(ValueError, match="known: s2i, i2s"):
        render(replace(report, directions=(replace(part, direction="x2y"),)))
    with pytest.raises(ValueError, match="evaluate its workdir"):
        render(replace(report, directions=(replace(part, evaluations=()),)))


def test_nobody_is_kept_out(html, browser, violations):
    for scheme, width in (("light", 1100), ("dark", 360)):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        page = context.new_page()
        page.set_content(html)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        context.close()
