"""What is promised of runs that break, and how often it was tried.

    python -m tests.faults --trials=8

breaks runs of the smallest model in every way named in docs/reliability.md and prints
one table. Short forms are among the tests; pytest collects nothing here.
"""
