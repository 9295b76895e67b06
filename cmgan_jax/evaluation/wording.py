"""What an evaluation says, in lines for people."""

from collections.abc import Mapping
from typing import Any

TRAINED_ON_TRAIN = (
    "the judges were trained on the models' own training rows: the data have no split "
    '"judging" (prepare again to get one)'
)


def lines(result: Mapping[str, Any]) -> list[str]:
    """A result of `evaluate_run` as a few lines of text."""
    title = f"{result['direction']} {result['split']}"
    if result["protocol"] == "shuffled":
        title += " from sources of other classes"
    if result["protocol"] == "original":
        head = (
            f"{title} (original protocol): accuracy {result['accuracy']:.4f}  "
            f"n {result['n']:,}  chance {result['chance']:.3f}"
        )
        return [head, *_cautions(result)]
    measured = result["metrics"]
    headline, worst = measured["headline"], measured["worst_class"]
    low, high = headline["interval"]
    each = "  ".join(
        f"{name} {entry['accuracy']:.4f} (real items "
        f"{measured['real_accuracy'][name]:.4f})"
        for name, entry in measured["accuracy"].items()
    )
    return [
        f"{title}: accuracy {headline['accuracy']:.4f}  95 % interval {low:.3f} to "
        f"{high:.3f}  n {result['n']:,}  chance {result['chance']:.3f}",
        f"  judges: {each}",
        f"  worst class: {worst['name']} {worst['accuracy']:.4f} of {worst['n']:,} "
        f"({worst['judge']} judge)",
        f"  diversity within class, real is 1: {diversity_text(measured['diversity'])}",
        f"  distance to real: {distance_text(measured['distance_to_real'])}",
        f"  pitch kept within a semitone: {pitch_text(measured['pitch_kept'])}",
        *_cautions(result),
    ]


def diversity_text(diversity: Mapping[str, Any]) -> str:
    """Mean and least diversity ratio, such as "0.81 (least 0.52, tuba)"."""
    if diversity["mean"] is None:
        return "unknown (no class has two items)"
    least = diversity["least"]
    return f"{diversity['mean']:.2f} (least {least['ratio']:.2f}, {least['name']})"


def distance_text(distance: Mapping[str, float | None]) -> str:
    """Kernel distance and its floor, such as "0.21 (between real halves 0.02)"."""
    if None in distance.values():
        return "unknown (too few items or songs)"
    return f"{distance['generated']:.3f} (between real halves {distance['floor']:.3f})"


def pitch_text(kept: Mapping[str, Any]) -> str:
    """Share and what it is worth, such as "0.16 (real targets 0.90, chance 0.14)"."""
    if kept["n"] == 0:
        return "unknown (the data do not say which notes are played)"
    return (
        f"{kept['within_semitone']:.2f} (real targets {kept['real']:.2f}, chance "
        f"{kept['chance']:.2f})"
    )


def cautions(result: Mapping[str, Any]) -> list[str]:
    """What a reader must know beside the number."""
    found = []
    if result["labels_in_training"]:
        used = "; ".join(result["labels_in_training"])
        found.append(f"labels help in training: {used}")
    if result["judges_itself"]:
        found.append(
            "the generator was trained to please the very classifier that scores it "
            "here: this number says nothing about other classifiers"
        )
    judges = result.get("judges", {})
    if any(judge["rows"] == "train" for judge in judges.values()):
        found.append(TRAINED_ON_TRAIN)
    return found


def _cautions(result: Mapping[str, Any]) -> list[str]:
    return [f"  note: {caution}" for caution in cautions(result)]
