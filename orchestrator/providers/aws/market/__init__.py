"""What could be had of EC2, what it costs, and whether the account may have it. Creates and spends nothing."""
