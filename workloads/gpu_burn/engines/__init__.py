"""What the load needs of each framework, beyond what every workload needs of it."""
