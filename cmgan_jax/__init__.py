"""SA-CMGAN in JAX: pictures from sounds and sounds from pictures."""

__version__ = "0.1.0"
