"""Sums whose answers are known beforehand, on every device: a product, a convolution with its gradients, a short training."""
