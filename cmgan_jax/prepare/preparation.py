"""Preparing once: builds what is missing, recognises what is finished or stale."""

import contextlib
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from cmgan_jax.data.integrity import content_digest, damaged_files, read_description
from cmgan_jax.data.prepared import (
    INCOMPLETE_PREFIX,
    JUDGES_FOLDER,
    PreparedData,
    find_prepared,
    open_prepared,
)
from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.report import REPORT_FILE, read_report
from cmgan_jax.prepare.source import Changes, changes_of
from cmgan_jax.runtime.lock import hold
from cmgan_jax.runtime.names import shown

_STAGING = f"{INCOMPLETE_PREFIX}update"
_REPLACED = f"{INCOMPLETE_PREFIX}replaced_"


def prepare(
    builder: PairedBuilder, *, update: bool = False
) -> tuple[PreparedData, bool]:
    """Makes sure the builder's data are in its output folder.

    Finished data are recognised by their settings, their digests and the names, sizes
    and times (or contents, where the builder checks those) of the files they were made
    from, and left as they are. Nothing appears before it is complete, and a failure
    leaves no folder that was not there before.

    Args:
      builder: what to build and where, with its `source` if its data set has one.
      update: build anew where the source has changed or finished files are damaged;
        the finished data stay until the new are complete.

    Returns:
      The data, and whether they were built now.

    Raises:
      FileNotFoundError: the source does not exist.
      ValueError: the folder holds data prepared otherwise (names every field that
        differs), finished files are damaged, the source has changed or what it held is
        not known, the material has defects, or another process is preparing into the
        folder.
    """
    folder = pathlib.Path(builder.data_dir)
    with (
        _no_new_folders(builder),
        hold(builder.output, "prepare"),
        _no_unfinished_data(builder.output / builder.name),
    ):
        _tidy(folder, builder.output / builder.name)
        for found in find_prepared(builder.output / builder.name):
            if found != folder or not update:
                _require_same_request(found, builder)
        if not folder.exists():
            _build(builder)
            return open_prepared(folder), True
        if update and _is_stale(folder, builder):
            _build_anew(builder, folder)
            return open_prepared(folder), True
        _require_undamaged(folder)
        if changes := _changes(folder, builder):
            raise ValueError(
                f"The source of {folder} has changed since it was prepared: {changes}. "
                "Give --update to prepare it anew (what is there stays until that is "
                "complete), or another --output to keep both."
            )
        return open_prepared(folder), False


def verify(output: pathlib.Path) -> list[tuple[pathlib.Path, int, int]]:
    """Checks every byte of the finished data at or below a folder.

    Returns:
      The folder of every data set, its number of files and of bytes.

    Raises:
      FileNotFoundError: there are none.
      ValueError: names every file that is missing or not as it was prepared.
    """
    found = find_prepared(output)
    if not found:
        raise FileNotFoundError(
            f"{output} holds no prepared data to verify. Prepare them first: "
            f"python -m cmgan_jax prepare --output={output}"
        )
    verified = []
    for folder in found:
        _require_undamaged(folder)
        files = [path for path in folder.rglob("*") if path.is_file()]
        verified.append((folder, len(files), sum(f.stat().st_size for f in files)))
    return verified


@contextlib.contextmanager
def _no_new_folders(builder: PairedBuilder) -> Iterator[None]:
    """Removes empty folders that a failed build made; its report goes beside them."""
    places = [builder.output, *builder.output.absolute().parents]
    made = [place for place in places if not place.exists()]
    if builder.output in made:
        beside = next(place for place in places if place.exists())
        builder.failed_report = beside / f"{builder.output.name}_{REPORT_FILE}"
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for place in made:
                place.rmdir()
        raise


@contextlib.contextmanager
def _no_unfinished_data(data: pathlib.Path) -> Iterator[None]:
    """Removes what a failed build wrote where nothing was before."""
    fresh = not data.exists()
    try:
        yield
    except BaseException:
        if fresh:
            shutil.rmtree(data, ignore_errors=True)
        raise


def _tidy(folder: pathlib.Path, data: pathlib.Path) -> None:
    """Removes what interrupted builds left behind, and ends an interrupted exchange."""
    replaced = folder.parent / f"{_REPLACED}{folder.name}"
    if replaced.exists() and not folder.exists():
        replaced.rename(folder)
    leftovers = [*data.glob(f"*/{INCOMPLETE_PREFIX}*"), data / _STAGING]
    for leftover in leftovers:
        shutil.rmtree(leftover, ignore_errors=True)


def _build(builder: PairedBuilder) -> None:
    # Nothing is downloaded; TFDS would leave empty folders for it in the output.
    with tempfile.TemporaryDirectory() as downloads:
        builder.download_and_prepare(download_dir=downloads)


def _build_anew(builder: PairedBuilder, folder: pathlib.Path) -> None:
    staging = builder.output / builder.name / _STAGING
    try:
        anew = builder.in_folder(staging)
        _build(anew)
        replaced = folder.parent / f"{_REPLACED}{folder.name}"
        folder.rename(replaced)
        try:
            pathlib.Path(anew.data_dir).rename(folder)
        except OSError:
            replaced.rename(folder)
            raise
        _keep_judges(replaced, folder)
        shutil.rmtree(replaced)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _keep_judges(replaced: pathlib.Path, folder: pathlib.Path) -> None:
    """Judges of the same data stay; with other data they go, and that is said."""
    judges = replaced / JUDGES_FOLDER
    if not judges.is_dir():
        return
    with contextlib.suppress(ValueError, OSError):  # the old description is damaged
        before, now = (content_digest(read_description(f)) for f in (replaced, folder))
        if before == now:
            judges.rename(folder / JUDGES_FOLDER)
            return
    print(
        "note: the judges stored with the data before go with them. judge, or the next "
        "evaluate, trains new ones.",
        file=sys.stderr,
    )


def _is_stale(folder: pathlib.Path, builder: PairedBuilder) -> bool:
    """Whether finished data are damaged, or not what would be prepared now."""
    try:
        _require_undamaged(folder)
        _require_same_request(folder, builder)
        return bool(_changes(folder, builder))
    except (ValueError, OSError):
        return True


def _changes(folder: pathlib.Path, builder: PairedBuilder) -> Changes | None:
    """What changed in the source, None if that is not known."""
    before = read_report(folder).get("source")
    if before is not None and builder.check_content and "sha256" not in before:
        raise ValueError(
            f"{folder} was prepared without --check_content, so what the files of its "
            "source held is not known. Give --update as well to prepare it anew."
        )
    now = builder.list_source()
    if before is None or now is None:
        return None
    return changes_of(before, now)


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
    remedy = "Prepare again with --update, or delete the folder first."
    if folder not in find_prepared(folder):
        raise ValueError(f"{folder} exists but holds no finished data. {remedy}")
    damaged = damaged_files(folder)
    if damaged:
        raise ValueError(
            f"{folder}: {', '.join(map(shown, damaged))} missing or changed since they "
            f"were prepared (SHA-256 differs). {remedy}"
        )
