"""CUDA and cuDNN: what TensorFlow's wheels bring, and what the host has to have."""
