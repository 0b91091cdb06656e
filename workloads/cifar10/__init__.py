"""The classic tutorial network on CIFAR-10, over configurations of devices, threads, precision and XLA."""
