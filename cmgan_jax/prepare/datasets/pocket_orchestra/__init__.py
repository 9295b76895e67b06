"""The embedded data set: an orchestra that plays and is drawn from code and a seed."""
