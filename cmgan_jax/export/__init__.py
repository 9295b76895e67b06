"""Trained systems for elsewhere: programs that need JAX alone, and model cards."""
