"""What the figures of a load have to be. Pure."""
