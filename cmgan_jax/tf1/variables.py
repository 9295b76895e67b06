"""The authors' TensorFlow 1 variables, by name, as variables of our networks.

Nothing here lists the names of one direction: a name says its network (first part),
its layer (kind and number) and its role (last part), whichever side is the sound.
Layers correspond by their order in the network.

Layouts: convolution `w` [kh kw in out] and `Matrix` [in out] are ours; transposed
convolution `w` [kh kw out in] is ours with its window flipped and its last two axes
swapped; `u` [1 f] is ours [f]; the attention's gate [1] is our scalar.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict

CONVOLUTIONS = tuple(f"trunk/conv{n}" for n in range(1, 6))
LAYERS = {
    "encoder": (*CONVOLUTIONS, "hidden/dense", "features/dense", "code/dense"),
    "classifier": ("dense",),
    "generator": ("dense", *(f"deconv{n}" for n in range(5, 0, -1))),
    "discriminator": (*CONVOLUTIONS, "hidden/dense", "logit"),
}
ATTENTION = {"encoder": ("trunk",), "discriminator": ("trunk",), "generator": ()}
ATTENTION_LAYERS = {"f": "key", "g": "query", "h": "value"}
ROLES = {
    "w": ("params", "kernel"),
    "Matrix": ("params", "kernel"),
    "bias": ("params", "bias"),
    "gamma": ("params", "scale"),
    "beta": ("params", "bias"),
    "moving_mean": ("batch_stats", "mean"),
    "moving_variance": ("batch_stats", "var"),
    "u": ("spectral_stats", "u"),
}

_LAYER = re.compile(r"(?P<kind>conv|dc|fc|bn)(?P<number>\d+)$")
_ATTENTION_LAYER = re.compile(r"(?P<letter>[fgh])[A-Z]?_(?P<kind>conv|bn)$")
_NOT_A_WEIGHT = re.compile(r"/Adam(_\d+)?$|beta\d_power|global_step")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where one TensorFlow variable lives in our variables.

    Attributes:
      network: "image_encoder", "sound_encoder", "image_classifier",
        "sound_classifier", "generator" or "discriminator".
      path: collection and keys below it.
      transposed: the kernel of a transposed convolution.
    """

    network: str
    path: tuple[str, ...]
    transposed: bool


def places(names: Iterable[str]) -> dict[str, Place]:
    """Finds the place of every TensorFlow variable of one graph.

    Args:
      names: all variable names of the graph, as a checkpoint lists them. Optimizer
        slots and counters are left out of the answer.

    Returns:
      Name to place.

    Raises:
      ValueError: for names that fit no layer.
    """
    names = [name for name in names if not _NOT_A_WEIGHT.search(name)]
    layers = _layers_by_number(names)
    found, unknown = {}, []
    for name in names:
        place = _place(name, layers)
        if place is None:
            unknown.append(name)
        found[name] = place
    if unknown:
        raise ValueError(
            f"{len(unknown)} variables fit no layer of SA-CMGAN, such as "
            f"{unknown[:3]}; expected names such as 'encoder_Img/enI_conv1/w', "
            "'generator/g_dc2/w' or 'discriminator/attention/fI_conv/u'."
        )
    return found


def from_tf1(variables: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Turns a TensorFlow 1 graph's variables into ours.

    Args:
      variables: every variable of the graph by name, without ":0".

    Returns:
      Network name (see `Place`) to its variables: "params", "batch_stats" and, for the
      discriminator, "spectral_stats", as nested dictionaries of float32 arrays.
    """
    networks: dict[str, dict] = {}
    for name, place in places(variables).items():
        array = relayout(np.asarray(variables[name], np.float32), place)
        if place.path[-1] == "u":
            array = array.reshape(-1)
        if place.path[-1] == "gate":
            array = array.reshape(())
        networks.setdefault(place.network, {})[place.path] = array
    return {network: unflatten_dict(flat) for network, flat in networks.items()}


def to_tf1(
    networks: Mapping[str, Mapping[str, Any]],
    names: Iterable[str],
) -> dict[str, np.ndarray]:
    """Turns our variables, or gradients of the same structure, into TensorFlow's.

    Args:
      networks: network name to its (possibly partial) variables.
      names: all variable names of the graph.

    Returns:
      Name to array, for every name whose place `networks` holds. `u` and the gate keep
      our shapes.
    """
    flat = {network: flatten_dict(tree) for network, tree in networks.items()}
    return {
        name: relayout(np.asarray(flat[place.network][place.path]), place)
        for name, place in places(names).items()
        if place.path in flat.get(place.network, {})
    }


def relayout(array: np.ndarray, place: Place) -> np.ndarray:
    """Changes one array from TensorFlow's layout to ours, or back: its own inverse."""
    if not place.transposed:
        return array
    return np.flip(array, (0, 1)).swapaxes(2, 3)


def _layers_by_number(names):
    """Per TensorFlow network, the numbers of its layers in ascending order."""
    numbers: dict[str, set] = {}
    for name in names:
        scope, *middle, _ = name.split("/")
        match = _LAYER.search(middle[0]) if len(middle) == 1 else None
        if match and match["kind"] != "bn":
            numbers.setdefault(scope, set()).add(int(match["number"]))
    return {scope: sorted(found) for scope, found in numbers.items()}


def _place(name, layers):
    scope, *middle, role = name.split("/")
    family = scope.split("_")[0]
    if family not in LAYERS or not middle:
        return None
    network = _network(family, scope)
    if middle[0].startswith("attention"):
        return _attention_place(network, family, middle[1:], role)
    match = _LAYER.search(middle[0])
    if not match or role not in ROLES:
        return None
    numbers, ours = layers.get(scope, []), LAYERS[family]
    number = int(match["number"])
    if number not in numbers or len(numbers) != len(ours):
        return None
    layer = ours[numbers.index(number)]
    if match["kind"] == "bn":
        layer = _norm_of(layer)
    collection, leaf = ROLES[role]
    path = (collection, *layer.split("/"), leaf)
    return Place(network, path, match["kind"] == "dc" and leaf == "kernel")


def _network(family, scope):
    if family in ("generator", "discriminator"):
        return family
    return f"{'sound' if 'Sud' in scope else 'image'}_{family}"


def _attention_place(network, family, middle, role):
    prefix = (*ATTENTION[family], "attention")
    if not middle and role.startswith("gamma"):
        return Place(network, ("params", *prefix, "gate"), False)
    match = _ATTENTION_LAYER.search(middle[0]) if len(middle) == 1 else None
    if not match or role not in ROLES:
        return None
    layer = ATTENTION_LAYERS[match["letter"]]
    if match["kind"] == "bn":
        layer += "_norm"
    collection, leaf = ROLES[role]
    return Place(network, (collection, *prefix, layer, leaf), False)


def _norm_of(layer):
    """Name of the batch normalisation that follows a layer."""
    return re.sub(r"dense$", "norm", re.sub(r"(de)?conv(?=\d)", "norm", layer))
