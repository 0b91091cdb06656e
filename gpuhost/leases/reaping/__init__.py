"""Memory of cards that is held for nothing: found, explained, and got back where that takes nothing from anybody."""
