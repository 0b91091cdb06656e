"""What has to be there and what it has to come to: owed checks, figures of a workload, speed of a card."""
