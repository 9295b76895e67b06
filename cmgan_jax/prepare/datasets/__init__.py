"""The data sets, a room each."""
