"""Load on every card, and every answer verified."""
