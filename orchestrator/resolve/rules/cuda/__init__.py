"""CUDA and cuDNN: what a framework's wheels bring, and what the host has to have."""
