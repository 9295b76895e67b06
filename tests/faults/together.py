"""Two processes at one folder: one works, the other waits or says who does."""

from tests.faults.promise import Promise
from tests.faults.smallest import Smallest, digests

REFUSED = "Wait for it"


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R15."""
    promise = Promise(
        "R15",
        "two of a verb on one folder do not corrupt it: the second waits or says who "
        "holds it",
        "two `prepare`, two `train`, two `judge` at once",
    )
    output = smallest.place / "twice"
    small = (f"--output={output}", "--scale=0.005", "--image_size=16")
    _both(
        smallest, promise, "prepare", [smallest.start("prepare", *small) for _ in "ab"]
    )
    status, said = smallest.finish(smallest.start("prepare", *small))
    promise.count(status == 0 and "unchanged" in said, f"prepare afterwards: {said}")

    workdir = smallest.place / "together"
    _both(smallest, promise, "train", [smallest.train(workdir) for _ in "ab"])
    smallest.finish(smallest.train(workdir))
    same = digests(workdir) == digests(smallest.straight)
    promise.count(same, "train afterwards: another end")

    judge = ("judge", f"--data={smallest.data}", "--steps=20")
    _both(smallest, promise, "judge", [smallest.start(*judge) for _ in "ab"])
    return [promise]


def _both(smallest: Smallest, promise: Promise, verb: str, processes) -> None:
    ends = [smallest.finish(process) for process in processes]
    statuses = sorted(status for status, _ in ends)
    told = statuses == [0, 0] or any(REFUSED in said for status, said in ends if status)
    clean = all("Traceback" not in said for _, said in ends)
    promise.count(
        statuses[0] == 0 and told and clean,
        f"{verb}: {[(status, said[-300:]) for status, said in ends]}",
    )
