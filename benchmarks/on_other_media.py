"""What a model makes of media that it was not made for; JSON on stdout.

    python benchmarks/on_other_media.py --data=data/real --judges=data/pocket_orchestra

Sources are the test split of --data, of the classes that the model knows by name; the
judges of the data that the model learnt from say what its targets show. The model is
that of the package; with --model, those of workdirs or of a file of weights.
"""

import json

import numpy as np
from absl import app, flags

import cmgan_jax
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.judges import stored_judges

_DATA = flags.DEFINE_string("data", None, "Prepared data of sources.", required=True)
_JUDGES = flags.DEFINE_string(
    "judges", None, "Prepared data with the judges.", required=True
)
_MODEL = flags.DEFINE_multi_string("model", [], "Workdirs, or a file of weights.")
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sources.")


def main(_):
    model, prepared = cmgan_jax.load(*_MODEL.value), open_prepared(_DATA.value)
    names = model.class_names
    known = np.array(
        [names.index(one) if one in names else -1 for one in prepared.class_names]
    )
    result = {"split": _SPLIT.value, "chance": round(1 / len(names), 3)}
    for direction in model.directions:
        source = prepared.split(_SPLIT.value).of(direction.source)
        rows = np.flatnonzero(known[source.label] >= 0)
        label = known[source.label[rows]]
        made = model.model(direction).generate(source.array[rows])
        found = {"n": len(rows), "classes": len(np.unique(label))}
        for judge in stored_judges(open_prepared(_JUDGES.value), direction.target):
            guess = judge.guess(made)
            ends = interval(guess == label, source.song[rows])
            counts = np.bincount(guess, minlength=len(names))
            found[judge.name] = {
                "accuracy": round(float((guess == label).mean()), 3),
                "interval": [round(end, 3) for end in ends],
                "most_seen": f"{names[counts.argmax()]} {counts.max() / len(rows):.2f}",
            }
        result[direction.name] = found
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
