"""Runs: a system trained in its workdir, restored, evaluated."""
