"""The tasks of a plan, run by the machines of an Apache Beam runner.

Beam hands stretches of the plan to its workers. Each of them runs the pool over its
stretch and leaves what that produced in a folder that all machines see; the machine
that asked takes it from there in the order of the plan. So a file that kills its reader
costs no other one, and the data are those of the pool, byte for byte.
"""

import dataclasses
import pathlib
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence

from cmgan_jax.prepare.plan import Produced, Task
from cmgan_jax.prepare.pool import produce_in_order
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.signals.representation import Representation

# Some ten seconds of a core, against one or two to start the pool.
_ROWS_OF_A_STRETCH = 2000


@dataclasses.dataclass(frozen=True)
class Beam:
    """A runner, and what it is told.

    Attributes:
      runner: its name, as Beam knows it: "DirectRunner", "FlinkRunner" ...
      options: options of Beam's pipeline, "name=value" each. One that Beam does not
        know is handed on, and said to be unknown.
    """

    runner: str
    options: tuple[str, ...] = ()

    def __post_init__(self):
        options = self._pipeline_options()
        given = set(options.get_all_options(retain_unknown_options=True))
        if unknown := sorted(given - set(options.get_all_options())):
            print(
                f"note: Beam has no option {', '.join(unknown)}; {self.runner} may.",
                file=sys.stderr,
            )

    def produce_in_order(
        self,
        tasks: Mapping[str, Sequence[Task]],
        representation: Representation,
        *,
        workers: int,
        title: str,
        folder: pathlib.Path,
    ) -> Iterator[tuple[str, Produced]]:
        """What `pool.produce_in_order` yields, once the runner has done all tasks.

        Args:
          tasks: the tasks of every split.
          representation: handed to every task.
          workers: processes for each stretch that a worker has in hand; 0 is one.
          title: opens every progress line.
          folder: an existing one that all workers see; results wait there for their
            turn, and go when they are taken.

        Raises:
          RuntimeError: the runner failed.
        """
        import apache_beam

        stretches = list(_stretches(tasks))
        pickled = [
            (number, pickle.dumps((title, stretch, representation)))
            for number, stretch in enumerate(stretches)
        ]
        with apache_beam.Pipeline(options=self._pipeline_options()) as pipeline:
            (
                pipeline
                | apache_beam.Create(pickled)
                | apache_beam.Reshuffle()
                | apache_beam.Map(
                    _produce_stretch, workers=workers or 1, folder=str(folder)
                )
            )
        for number in range(len(stretches)):
            yield from _taken(_results(folder, number))

    def _pipeline_options(self):
        """Beam's own object of the options.

        Raises:
          ValueError: Beam is not installed.
        """
        try:
            from apache_beam.options.pipeline_options import PipelineOptions
        except ModuleNotFoundError as error:
            raise ValueError(
                f"--beam_runner={self.runner} needs Apache Beam, which is not there "
                f"({error}): install this package with its extra `beam`, pip install "
                "'.[beam]', in an environment of its own, as Beam asks for older "
                "versions of packages that others here ask for. Without the flag the "
                "cores of this machine do the same."
            ) from error
        flags = [f"--{option}" for option in self.options]
        return PipelineOptions(flags, runner=self.runner)


def _stretches(
    tasks: Mapping[str, Sequence[Task]],
) -> Iterator[dict[str, Sequence[Task]]]:
    """Neighbours of one split, of about as many rows each."""
    for split, some in tasks.items():
        stretch, rows = [], 0
        for task in some:
            stretch.append(task)
            rows += task.expected
            if rows >= _ROWS_OF_A_STRETCH:
                yield {split: stretch}
                stretch, rows = [], 0
        if stretch:
            yield {split: stretch}


def _results(folder: pathlib.Path, number: int) -> pathlib.Path:
    return folder / f"{number:07}.pickle"


def _produce_stretch(stretch: tuple[int, bytes], workers: int, folder: str) -> None:
    """Runs the tasks of a stretch, on the machine of a worker.

    Results follow one another in the file of the stretch, None after the last. Done
    twice, it writes the same again.
    """
    seen = pathlib.Path(folder)
    if not seen.is_dir():
        raise FileNotFoundError(
            f"this worker does not see {folder}: --output and --source have to lie on "
            "storage that every worker sees under the same names."
        )
    number, pickled = stretch
    title, tasks, representation = pickle.loads(pickled)
    with whole_file(_results(seen, number)) as partial, partial.open("wb") as file:
        for result in produce_in_order(
            tasks, representation, workers=workers, title=f"{title}, part {number + 1}"
        ):
            pickle.dump(result, file)
        pickle.dump(None, file)


def _taken(results: pathlib.Path) -> Iterator[tuple[str, Produced]]:
    """The results of a stretch, whose file goes then."""
    try:
        file = results.open("rb")
    except FileNotFoundError as error:
        raise RuntimeError(
            f"{results} is missing though the runner says that all is done: --output "
            "has to lie on storage that every worker sees under the same name."
        ) from error
    with file:
        while (result := pickle.load(file)) is not None:
            yield result
    results.unlink()
