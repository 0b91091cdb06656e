"""A small convolutional network, trained on the real Fashion-MNIST."""
