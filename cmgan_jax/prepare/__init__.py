"""From media or code to packed arrays."""
