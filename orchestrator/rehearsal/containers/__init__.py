"""Real hosts for instances that moto only writes down: containers, booted by real cloud-init, at the addresses that moto gave."""
