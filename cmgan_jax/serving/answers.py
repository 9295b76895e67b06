"""What the page is sent: pictures and sounds as addresses that hold them."""

import base64
from typing import Any

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.media.encoding import data_uri, png, wav
from cmgan_jax.serving.gallery import Exhibit
from cmgan_jax.serving.looking import Looks
from cmgan_jax.serving.moments import Moments
from cmgan_jax.serving.ways import Result, Way
from cmgan_jax.signals.pictures import as_picture

Json = dict[str, Any]


def about(way: Way, origin: str) -> Json:
    """What a way is, and where its examples are from."""
    model = way.model
    return {
        "direction": way.direction.name,
        "source": way.direction.source,
        "target": way.direction.target,
        "classes": list(model.record.class_names),
        "critics": [
            {"name": one.name, "is_judge": one.is_judge} for one in way.critics
        ],
        "model": f"{model.record.dataset}, step {model.step:,}",
        "has_noise": model.noise_size > 0,
        "has_attention": model.system.looks is not None,
        "takes_wholes": way.takes_wholes,
        "origin": origin,
    }


def of_moments(moments: Moments) -> Json:
    """The moments of a file; `array` is what /results takes."""
    way, shown = moments.way, []
    for one in moments.shown:
        start = one.start_ms / 1000
        end = start + way.model.record.representation.window_seconds
        shown.append({"start": start, "end": end, **_source(one.array)})
    return {
        "direction": way.direction.name,
        "told": moments.told,
        "wholes": list(moments.wholes),
        "moments": shown,
    }


def of_exhibit(exhibit: Exhibit, way: Way) -> Json:
    """An example: a moment with its sound, and the truth."""
    return {
        "class": exhibit.class_name,
        **_source(exhibit.source),
        "sound": _heard(exhibit.source, way, way.direction.source),
        "truth": {
            "picture": _shown(exhibit.truth),
            "sound": _heard(exhibit.truth, way, way.direction.target),
        },
    }


def of_result(result: Result, way: Way) -> Json:
    """A result; `said` has the probability of each class by every critic."""
    rate = way.model.record.representation.sample_rate
    heard = result.waveform
    return {
        "picture": _shown(result.target),
        "sound": None if heard is None else data_uri("audio/wav", wav(heard, rate)),
        "said": [np.round(one, 4).tolist() for one in result.said],
    }


def of_looks(looks: Looks) -> Json:
    """Weights from 0 to 1, row by row from the top, and the gate."""
    return {"weights": np.round(looks.weights, 3).tolist(), "gate": looks.gate}


def _source(array: UInt8[np.ndarray, "h w c"]) -> Json:
    packed = base64.b64encode(np.ascontiguousarray(array)).decode("ascii")
    return {"array": packed, "picture": _shown(array)}


def _shown(array: UInt8[np.ndarray, "h w c"]) -> str:
    return data_uri("image/png", png(as_picture(array)))


def _heard(array: UInt8[np.ndarray, "h w c"], way: Way, modality: str) -> str | None:
    if modality != "sound" or way.waveforms is None:
        return None
    rate = way.model.record.representation.sample_rate
    return data_uri("audio/wav", wav(way.waveforms(array[np.newaxis])[0], rate))
