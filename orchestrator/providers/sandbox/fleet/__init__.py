"""What a fleet has in the engine, whose it is, and how it goes away."""
