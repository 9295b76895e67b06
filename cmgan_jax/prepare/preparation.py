"""Preparing once: builds what is missing, recognises what is finished."""

import pathlib
import shutil
import tempfile
from typing import Any

from cmgan_jax.data.prepared import (
    INCOMPLETE_PREFIX,
    PreparedData,
    damaged_files,
    find_prepared,
    open_prepared,
    read_description,
)
from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.report import read_report


def prepare(builder: PairedBuilder) -> tuple[PreparedData, bool]:
    """Makes sure the builder's data are in its output folder.

    Finished data are recognised by their settings and digests and left as they are.
    Directories that an interrupted build left behind are removed: do not prepare the
    same data set into one folder twice at a time.

    Args:
      builder: what to build and where, with its `source` if its data set has one.

    Returns:
      The data, and whether they were built now.

    Raises:
      FileNotFoundError: the source does not exist.
      ValueError: the folder holds data prepared otherwise (names every field that
        differs), finished files are damaged, or the material has defects.
    """
    folder = pathlib.Path(builder.data_dir)
    output = pathlib.Path(builder.data_dir_root) / builder.name
    for found in find_prepared(output):
        _require_same_request(found, builder)
    if folder.exists():
        _require_undamaged(folder)
        return open_prepared(folder), False
    for leftover in output.glob(f"*/{INCOMPLETE_PREFIX}*"):
        shutil.rmtree(leftover)
    # Nothing is downloaded; TFDS would leave empty folders for it in the output.
    with tempfile.TemporaryDirectory() as downloads:
        builder.download_and_prepare(download_dir=downloads)
    return open_prepared(folder), True


def _require_same_request(found: pathlib.Path, builder: PairedBuilder) -> None:
    stored, report = read_description(found), read_report(found)
    there = _request(stored["version"], stored["representation"], report["settings"])
    asked = _request(
        str(builder.version),
        builder.builder_config.representation.to_json(),
        builder.settings(),
    )
    different = [
        f"{name}: {there.get(name)!r} there, {asked[name]!r} asked for"
        for name in asked
        if there.get(name) != asked[name]
    ]
    if different:
        raise ValueError(
            f"{found} was prepared otherwise ({'; '.join(different)}). Name another "
            "--output, ask for the same, or delete that folder."
        )


def _request(
    version: str, representation: dict[str, Any], settings: dict[str, Any]
) -> dict[str, Any]:
    return {"version": version} | representation | settings


def _require_undamaged(folder: pathlib.Path) -> None:
    remedy = "Delete the folder and prepare again."
    if folder not in find_prepared(folder):
        raise ValueError(f"{folder} exists but holds no finished data. {remedy}")
    damaged = damaged_files(folder)
    if damaged:
        raise ValueError(
            f"{folder}: {', '.join(damaged)} missing or changed since they were "
            f"prepared (SHA-256 differs). {remedy}"
        )
