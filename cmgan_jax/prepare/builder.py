"""A TFDS builder whose data are packed arrays readable without TensorFlow.

TFDS gives what a data set is around its bytes: a name, versions, configurations, a
directory that appears only when it is complete, dataset_info.json, citation, and
`tfds.load`. The bytes themselves are packed arrays (`packing`), because TFDS' record
formats are several times slower to read at random and cannot be read without it.
"""

import abc
import contextlib
import pathlib
import shutil
from typing import Any

import tensorflow_datasets as tfds
from google.protobuf import json_format

from cmgan_jax.data.integrity import read_description
from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.prepare.beam import Beam
from cmgan_jax.prepare.info import describe_rows
from cmgan_jax.prepare.intake import Intake
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.paired_config import PairedConfig
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.prepare.pool import produce_in_order
from cmgan_jax.prepare.report import REPORT_FILE, PrepareReport
from cmgan_jax.prepare.source import list_source

ON_BAD = ("fail", "skip")


class PairedBuilder(tfds.core.DatasetBuilder, skip_registration=True):
    """Base of every data set: a concrete builder gives a plan and its documentation.

    Class attributes to set: `VERSION`, `RELEASE_NOTES`, `BUILDER_CONFIGS` (at least one
    `PairedConfig`, the default first), `DESCRIPTION`; `CITATION` and `HOMEPAGE` where
    there are; `MANUAL_DOWNLOAD_INSTRUCTIONS` if the material comes from a source.

    Attributes:
      output: the folder that was asked for.
      failed_report: the file that lists what is wrong if nothing is prepared.
      check_content: whether the source's files are known by what they hold.
    """

    DESCRIPTION = ""
    CITATION = ""
    HOMEPAGE = ""

    def __init__(
        self,
        *,
        source: str | pathlib.Path | None = None,
        on_bad: str = "fail",
        workers: int = 0,
        beam: Beam | None = None,
        check_content: bool = False,
        data_dir: Any = None,
        config: Any = None,
        version: Any = None,
    ):
        """A builder; nothing is read or written yet.

        Args:
          source: folder or archive with the material; TFDS' manual directory if None.
          on_bad: "fail" lists every defect and builds nothing, "skip" leaves the bad
            material out.
          workers: processes; 0 takes one per available core.
          beam: what runs the tasks in place of this machine's cores.
          check_content: know the source's files by what they hold, not by their times.
          data_dir: the output folder.
          config: a `PairedConfig` or the name of a declared one.
          version: as in TFDS.

        Raises:
          ValueError: on_bad is unknown, or TFDS cannot read what it wrote there.
        """
        if on_bad not in ON_BAD:
            raise ValueError(f"on_bad={on_bad!r} is unknown; known: {ON_BAD}.")
        self._source = source
        self._on_bad = on_bad
        self._workers, self._beam = workers, beam
        self.check_content = check_content
        if isinstance(config, PairedConfig):
            # TFDS insists on the declared object where the name is a declared one.
            declared = self.get_builder_config(config.name)
            config = declared if declared == config else config
        try:
            super().__init__(data_dir=data_dir, config=config, version=version)
        except json_format.ParseError as error:
            raise ValueError(
                f"dataset_info.json of the data in {data_dir} is damaged ({error}): "
                "delete that folder and prepare again."
            ) from error
        self.output = pathlib.Path(self.data_dir_root)
        self.failed_report = self.output / REPORT_FILE

    def in_folder(self, data_dir: pathlib.Path) -> "PairedBuilder":
        """The same builder with another folder below the output to build in."""
        builder = type(self)(
            source=self._source,
            on_bad=self._on_bad,
            workers=self._workers,
            beam=self._beam,
            check_content=self.check_content,
            data_dir=data_dir,
            config=self.builder_config,
        )
        builder.output, builder.failed_report = self.output, self.failed_report
        return builder

    @abc.abstractmethod
    def _plan(self, source: pathlib.Path | None, scratch: pathlib.Path) -> Plan:
        """Lists the tasks, for `self.builder_config`.

        Args:
          source: the folder or archive the user named; it exists. None for data sets
            made from code (those that set no MANUAL_DOWNLOAD_INSTRUCTIONS).
          scratch: an empty folder for the length of the build, for example to unpack
            an archive; removed afterwards, also on failure.

        Raises:
          ValueError: the source is no such data set at all (unknown layout); says what
            was found and what was expected. Single bad files are defects of the plan.
        """

    def settings(self) -> dict[str, Any]:
        """What was asked for apart from the representation, as JSON."""
        source = self._source and str(pathlib.Path(self._source).resolve())
        given = {"source": source} if self.MANUAL_DOWNLOAD_INSTRUCTIONS else {}
        return given | self.builder_config.settings()

    def _info(self) -> tfds.core.DatasetInfo:
        class_names = None
        # Damage is named by who reads the data; `preparation` must be able to mend it.
        with contextlib.suppress(OSError, ValueError):
            class_names = list(
                read_description(pathlib.Path(self.data_dir))["class_names"]
            )
        return describe_rows(
            self, self.builder_config.representation, class_names=class_names
        )

    def _download_and_prepare(self, dl_manager, download_config=None) -> None:
        """Runs the plan's tasks and packs their rows into the (temporary) data_dir."""
        folder = pathlib.Path(self.data_dir).absolute()  # for workers elsewhere
        scratch = folder / "scratch"
        scratch.mkdir()
        source = self._find_source(dl_manager)
        listed = source and self.list_source(source)
        plan = self._plan(source, scratch)
        report = PrepareReport(
            dataset=self.name,
            version=str(self.version),
            representation=self.builder_config.representation,
            settings=self.settings() | {"on_bad": self._on_bad},
            plan=plan,
            source=listed,
        )
        packer = Packer(folder, self.builder_config.representation, plan)
        intake = Intake(plan, packer, report)
        for split, produced in self._produce(plan, scratch):
            intake.add(split, produced)
        intake.finish()
        shutil.rmtree(scratch)
        report.check(on_bad=self._on_bad, failed_report=self.failed_report)
        sizes = packer.finish(dataset=self.name, version=str(self.version))
        report.write(folder / REPORT_FILE)
        self._describe_splits(plan, sizes)

    def _produce(self, plan: Plan, scratch: pathlib.Path):
        asked = {
            "representation": self.builder_config.representation,
            "workers": self._workers,
            "title": f"prepare {self.name}",
        }
        if self._beam is None:
            return produce_in_order(plan.tasks, **asked)
        return self._beam.produce_in_order(plan.tasks, folder=scratch, **asked)

    def list_source(self, source: pathlib.Path | None = None) -> dict[str, Any] | None:
        """The files of the source, None if it is gone or there never was one.

        Args:
          source: the folder or archive; the one given at first if None.
        """
        if source is None and self._source is not None:
            source = pathlib.Path(self._source)
        if source is None or not source.exists():
            return None
        return list_source(source, leave_out=self.output, contents=self.check_content)

    def _find_source(self, dl_manager) -> pathlib.Path | None:
        if not self.MANUAL_DOWNLOAD_INSTRUCTIONS:
            return None
        if self._source is None:
            return pathlib.Path(dl_manager.manual_dir)
        source = pathlib.Path(self._source)
        if not source.exists():
            raise FileNotFoundError(
                f"{source} does not exist. {self.MANUAL_DOWNLOAD_INSTRUCTIONS.strip()}"
            )
        return source.absolute()

    def _describe_splits(self, plan: Plan, sizes: dict[str, tuple[int, int]]) -> None:
        self.info.features["label"].names = list(plan.class_names)
        self.info.set_splits(
            tfds.core.SplitDict(
                [
                    tfds.core.SplitInfo(name, shard_lengths=[rows], num_bytes=size)
                    for name, (rows, size) in sizes.items()
                ]
            )
        )

    def _as_dataset(self, split, decoders=None, read_config=None, shuffle_files=False):
        """Sounds in stored order, each with its image (class pairing: a drawn one)."""
        import tensorflow as tf

        if decoders is not None:
            raise ValueError("decoders is given, but packed arrays need no decoding.")
        name = str(split)
        data = open_prepared(self.data_dir)
        if name not in data.splits:
            raise ValueError(
                f"split={name!r} is unknown; known: {', '.join(data.splits)}. Take "
                "parts of a split with tf.data's skip and take."
            )
        image, sound = data.splits[name].image, data.splits[name].sound
        drawn = partners(sound.label, image.label, pairing=data.pairing, seed=0)

        def examples():
            for row, partner in enumerate(drawn):
                columns = {key: value[row] for key, value in sound.columns().items()}
                yield columns | {
                    "image": image.array[partner],
                    "sound": sound.array[row],
                }

        specs = self.info.features.get_tensor_info()
        signature = {
            key: tf.TensorSpec(spec.shape, tf.as_dtype(spec.dtype))
            for key, spec in specs.items()
        }
        return tf.data.Dataset.from_generator(examples, output_signature=signature)

    def _log_download_bytes(self) -> None:
        """Says nothing: TFDS would print that the size is unknown."""

    def _log_download_done(self) -> None:
        """Says nothing: the verb prints where the data are."""
