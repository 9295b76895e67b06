"""The authors' TensorFlow 1 weights."""
