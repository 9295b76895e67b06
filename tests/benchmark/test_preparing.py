"""The measured preparation: real files that prepare without a defect, and its rates."""

from cmgan_jax.benchmark import preparing
from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders
from cmgan_jax.signals.representation import Representation


def test_the_media_files_are_pairs_without_defects(tmp_path):
    preparing.write_media(tmp_path, 40)
    plan = plan_paired_folders(tmp_path, pictures_of_sound=False)
    assert plan.pairing == "stem" and plan.defects == ()
    assert len(plan.class_names) == preparing.CLASSES
    produced = [
        task.produce(Representation())
        for tasks in plan.tasks.values()
        for task in tasks
    ]
    assert sum(len(part.split.sound) for part in produced) == 40
    assert not any(part.defects for part in produced)
    suffixes = {path.suffix for path in tmp_path.rglob("*.*")}
    assert suffixes == {".wav", ".png", ".jpg"}


def test_rates_with_and_without_the_start(monkeypatch):
    monkeypatch.setattr(preparing, "SCALES", (0.01, 0.1))
    monkeypatch.setattr(preparing, "PAIRS", (8, 80))
    runs = iter([(100, 2.0), (1100, 4.0), (8, 1.0), (80, 3.0)])
    monkeypatch.setattr(preparing, "_prepare", lambda *arguments: next(runs))
    measured = preparing.measure_preparing()
    assert measured["pocket_orchestra"] == {
        "pairs_per_second": 275.0,
        "steady_pairs_per_second": 500.0,
        "pairs": 1100,
        "seconds": 4.0,
    }
    assert measured["paired_folders"]["steady_pairs_per_second"] == 36.0
