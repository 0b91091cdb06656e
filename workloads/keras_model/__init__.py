"""A Keras model that code makes, and what it says of itself."""
