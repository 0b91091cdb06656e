"""What the cards did while a job ran."""
