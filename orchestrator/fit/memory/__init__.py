"""What a training takes of a card's memory, and what a card has for it."""
