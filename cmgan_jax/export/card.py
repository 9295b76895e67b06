"""The card of a file of weights: what was measured of it, as JSON and Markdown."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.evaluate_run import evaluate_run, require_splits
from cmgan_jax.evaluation.markdown import percent, table
from cmgan_jax.evaluation.wording import (
    cautions,
    distance_text,
    diversity_text,
    pitch_text,
)
from cmgan_jax.runs.model import Model
from cmgan_jax.runs.record import versions
from cmgan_jax.runtime.whole_file import write_json, write_text

HEAD = (
    "direction, split",
    "accuracy % (95 % interval)",
    "n, songs",
    "judges %",
    "judges on real %",
    "worst class %",
    "diversity (real is 1)",
    "distance to real",
    "pitch kept within a semitone",
)


def write_card(file: Path, models: Sequence[Model], prepared: PreparedData) -> None:
    """Scores models as they are in a file, and writes FILE's card beside it.

    The results themselves are kept in a folder for each direction, FILE_s2i and
    FILE_i2s, so that a card that is written again costs nothing.

    Args:
      file: of weights; the card is called as it is, .json and .md.
      models: that are in it.
      prepared: data with judges.

    Raises:
      ValueError: the data do not fit or have no judges.
    """
    described = [
        _described(file, model.one_way(direction), prepared)
        for model in models
        for direction in model.system.directions
    ]
    card = {"name": file.stem, "made_by": versions(), "models": described}
    write_json(file.with_suffix(".json"), card)
    write_text(file.with_suffix(".md"), _markdown(card))


def _described(file: Path, model: Model, prepared: PreparedData) -> dict[str, Any]:
    name = model.direction.name
    # With the suffix, or it might be the name of a run.
    scored = dataclasses.replace(model, workdir=file.with_name(f"{file.name}_{name}"))
    results = {
        split: _kept(evaluate_run(scored, prepared, split=split))
        for split in require_splits(prepared)
    }
    config = model.record.config
    return {
        "direction": name,
        "system": f"{config['system']}, {config['name']}",
        "dataset": prepared.dataset,
        "data_version": prepared.version,
        "class_names": list(model.record.class_names),
        "seed": config["seed"],
        "steps": config["gan"]["steps"],
        "step": model.step,
        "chosen_on_validation": config["run"]["choose_on_validation"],
        "digest": model.digest,
        "trained_with": model.record.versions,
        "results": results,
    }


def _kept(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of a result what a card says; the rest is in the folder beside it."""
    measured = result["metrics"]
    names = ("headline", "accuracy", "real_accuracy", "worst_class", "diversity")
    names += ("distance_to_real", "pitch_kept")
    return {
        **{name: result[name] for name in ("n", "songs", "chance")},
        "cautions": cautions(result),
        **{name: measured[name] for name in names},
    }


def _markdown(card: Mapping[str, Any]) -> str:
    models = card["models"]
    lines = [
        line
        for model in models
        for line in (_line(model["direction"], *pair) for pair in _splits(model))
    ]
    trained = [
        f"* `{model['direction']}`: {model['system']}, seed {model['seed']}, step "
        f"{model['step']:,} of {model['steps']:,}"
        + (" (chosen on validation)" if model["chosen_on_validation"] else "")
        + f", on {model['dataset']} {model['data_version']}, digest {model['digest']}."
        for model in models
    ]
    notes = {
        f"{model['direction']}: {caution}."
        for model in models
        for result in model["results"].values()
        for caution in result["cautions"]
    }
    head = f"# {card['name']}\n\nWritten by cmgan_jax {card['made_by']['cmgan_jax']}.\n"
    classes = f"Classes: {', '.join(models[0]['class_names'])}."
    return "\n".join(
        [head, *trained, "", classes, "", table(HEAD, lines), *sorted(notes)]
    )


def _splits(model: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(model["results"].items())


def _line(direction: str, split: str, result: Mapping[str, Any]) -> tuple[str, ...]:
    headline, worst = result["headline"], result["worst_class"]
    low, high = map(percent, headline["interval"])
    judges = [percent(one["accuracy"]) for one in result["accuracy"].values()]
    real = [percent(one) for one in result["real_accuracy"].values()]
    return (
        f"{direction}, {split}",
        f"**{percent(headline['accuracy'])}** ({low} to {high})",
        f"{result['n']:,}, {result['songs']}",
        ", ".join(judges),
        ", ".join(real),
        f"{worst['name']} {percent(worst['accuracy'])}",
        diversity_text(result["diversity"]),
        distance_text(result["distance_to_real"]),
        pitch_text(result["pitch_kept"]),
    )
