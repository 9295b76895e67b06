"""The command line where some packages are missing: python FILE PACKAGES VERB FLAGS."""

import sys
from importlib.machinery import PathFinder


class Without(PathFinder):
    """Finds what is not missing."""

    missing: tuple[str, ...] = ()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] not in cls.missing:
            return PathFinder.find_spec(name, path, target)


if __name__ == "__main__":
    Without.missing = tuple(sys.argv.pop(1).split(","))
    sys.meta_path = [Without if x is PathFinder else x for x in sys.meta_path]
    from cmgan_jax.__main__ import main

    main()
