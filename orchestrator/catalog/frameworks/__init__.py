"""What is known of TensorFlow, JAX and PyTorch: their releases, what these load, with what they fail."""
