"""CIFAR-10 as it is published: where its archives lie, what is in them, and how it is handed to other processes."""
