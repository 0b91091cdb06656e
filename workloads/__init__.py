"""Jobs that prove on a host that its training environment computes. Runs there alone: stdlib, NumPy, Keras, TensorFlow."""
