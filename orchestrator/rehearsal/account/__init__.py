"""What the account has: moto's records of EC2, and what EC2 would do with them that moto does not."""
