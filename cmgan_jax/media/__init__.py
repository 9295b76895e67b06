"""Sounds and pictures from files to arrays and back."""
