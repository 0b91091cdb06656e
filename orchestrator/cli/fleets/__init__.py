"""All fleets of this computer together."""
