"""A multi-layer perceptron on the Otto table: 93 counts of a product, and which of nine classes it is."""
