"""More arrays than the shell lets a process open."""

import os
import resource

import pytest

from cmgan_jax.runtime.open_files import allow_open_files


@pytest.fixture
def limits():
    """A soft limit that what is open nearly reaches, and the hard one."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.dup(0)
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 8, before[1]))
    yield highest + 8, before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_own_limit_is_raised_as_far_as_is_needed(limits):
    allow_open_files(100)
    opened = [os.dup(0) for _ in range(100)]
    for one in opened:
        os.close(one)
    after = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_open_files(10)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == after


def test_the_systems_limit_is_said(limits):
    if limits[1] == resource.RLIM_INFINITY:
        pytest.skip("this system has no limit")
    with pytest.raises(ValueError, match="ulimit -Hn"):
        allow_open_files(limits[1])
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
