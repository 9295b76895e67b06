"""Training: the one loop, states, losses and random numbers, pure functions."""
