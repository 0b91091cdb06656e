"""A Keras model as layers with shapes and parameters, read from its file without Keras."""
