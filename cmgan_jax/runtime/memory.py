"""How this process treats memory it is done with."""

import ctypes

# Options of glibc's mallopt, from malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8


def keep_freed_memory() -> None:
    """Lets freed blocks be used again instead of going back to the kernel.

    glibc gives every large block back as soon as it is free; XLA asks for a gigabyte
    at each step of a CPU, and the kernel then clears a quarter of a million pages anew:
    up to a fifth of the step. The process stays as large as it has once been. Does
    nothing where the C library is another.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return
    libc.mallopt(_TRIM_THRESHOLD, -1)  # as an unsigned size: never
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_ARENA_MAX, 1)
