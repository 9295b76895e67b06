"""How many files this process may have open."""

import resource

_OTHERS = 512  # beside those that are counted


def allow_open_files(count: int) -> None:
    """Raises this process's own limit where it is lower; shells set it to 256 or 1024.

    Args:
      count: files that will be open at once; a mapped array keeps its own open.

    Raises:
      ValueError: the system allows fewer; says what to do.
    """
    wanted = count + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ValueError(
            f"{count:,} files are to be open at once, and the system lets a process "
            f"open {hard:,}: let an administrator raise that (ulimit -Hn) to "
            f"{wanted:,}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
