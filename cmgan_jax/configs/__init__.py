"""Every configuration; base.py explains each field."""
