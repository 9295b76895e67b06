"""What is drawn by lot for every song: clothes, seat, room, light and camera.

Nothing here knows the instrument, so that none of it can tell the instrument. Places
are in hundredths of the stage, x + iy, y downwards; the camera shows about 1.3 of it.
"""

import cmath
import colorsys
import dataclasses
import math

import numpy as np
from jaxtyping import Float32

from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Colour

OUTFITS = ("suit", "shirt", "dress", "jumper", "vest")
BACKDROPS = ("plain", "curtain", "window", "panels", "spotlight", "bricks", "pictures")
FURNITURE = ("none", "lamp", "plant", "shelf", "piano")
# The middle of what the camera shows, and the share of the picture one hundredth takes.
_FOCUS = 64 + 65j
_ZOOM = 0.77


@dataclasses.dataclass(frozen=True)
class Camera:
    """Where the camera stands.

    Attributes:
      zoom: hundredths of the picture per hundredth of the stage.
      aim: the place of the stage in the middle of the picture.
      degrees: how far the picture is turned, clockwise.
    """

    zoom: float
    aim: complex
    degrees: float

    @property
    def corner(self) -> complex:
        """Where the stage's origin is, in hundredths of the picture."""
        turn = cmath.rect(self.zoom, math.radians(self.degrees))
        return 50 + 50j - turn * self.aim


@dataclasses.dataclass(frozen=True)
class Light:
    """The light on everything in the picture.

    Attributes:
      gain: factor on red, green and blue in the middle.
      degrees: where it comes from.
      fall: how much it falls from one side to the other, as a share of the middle.
    """

    gain: tuple[float, float, float]
    degrees: float
    fall: float

    def over(self, size: int) -> Float32[np.ndarray, "s s 3"]:
        """Factors on a picture of this size."""
        across = np.linspace(-0.5, 0.5, size, dtype=np.float32)
        towards = cmath.rect(self.fall, math.radians(self.degrees))
        slope = 1.0 + towards.real * across[None, :] + towards.imag * across[:, None]
        return slope[..., None] * np.array(self.gain, np.float32)


@dataclasses.dataclass(frozen=True)
class Staging:
    """One song's clothes, seat, room, light and camera.

    Attributes:
      clothes, accent, trousers, wall, floor, trim: colours, RGB.
      outfit, backdrop, furniture: one of OUTFITS, BACKDROPS, FURNITURE.
      backdrop_at, furniture_at: where those are, 0 to 1 from left to right.
      seated: whether the musician sits.
      head: middle of the head.
      tilt: lean of the head, degrees clockwise.
      light: the light.
      camera: the camera.
    """

    clothes: Colour
    accent: Colour
    trousers: Colour
    wall: Colour
    floor: Colour
    trim: Colour
    outfit: str
    backdrop: str
    furniture: str
    backdrop_at: float
    furniture_at: float
    seated: bool
    head: complex
    tilt: float
    light: Light
    camera: Camera


def _colour(hue: float, lightness: float, saturation: float) -> Colour:
    rgb = colorsys.hls_to_rgb(hue % 1.0, lightness, saturation)
    red, green, blue = (round(255 * channel) for channel in rgb)
    return red, green, blue


def _light(rng: np.random.Generator) -> Light:
    bright, warm = rng.uniform(0.78, 1.1), rng.uniform(-0.09, 0.09)
    return Light(
        gain=(bright * (1 + warm), bright, bright * (1 - warm)),
        degrees=rng.uniform(0, 360),
        fall=rng.uniform(0.05, 0.5),
    )


def set_stage(seed: int) -> Staging:
    """The staging of the song of this seed, the same for the same seed.

    Clothes and walls stay clear of the yellows and browns of brass and wood.
    """
    rng = np.random.default_rng([seed, 4])
    clothes_hue = 0.24 + rng.uniform(0.0, 0.74)
    wall_hue = 0.2 + rng.uniform(0.0, 0.86)
    wall_light = rng.uniform(0.5, 0.88)
    return Staging(
        clothes=_colour(clothes_hue, rng.uniform(0.2, 0.55), rng.uniform(0.2, 0.75)),
        accent=_colour(rng.uniform(), rng.uniform(0.7, 0.9), rng.uniform(0.2, 0.8)),
        trousers=_colour(rng.uniform(), rng.uniform(0.12, 0.4), rng.uniform(0.05, 0.4)),
        wall=_colour(wall_hue, wall_light, rng.uniform(0.1, 0.6)),
        floor=_colour(rng.uniform(), rng.uniform(0.3, 0.65), rng.uniform(0.05, 0.4)),
        trim=_colour(rng.uniform(), rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.6)),
        outfit=OUTFITS[rng.integers(len(OUTFITS))],
        backdrop=BACKDROPS[rng.integers(len(BACKDROPS))],
        furniture=FURNITURE[rng.integers(len(FURNITURE))],
        backdrop_at=rng.uniform(),
        furniture_at=rng.uniform(),
        seated=bool(rng.random() < 0.5),
        head=complex(62 + rng.uniform(-1.5, 1.5), 37 + rng.uniform(-1, 1)),
        tilt=rng.uniform(-7, 7),
        light=_light(rng),
        camera=Camera(
            zoom=_ZOOM * rng.uniform(0.97, 1.03),
            aim=_FOCUS + complex(rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5)),
            degrees=rng.uniform(-1.5, 1.5),
        ),
    )
