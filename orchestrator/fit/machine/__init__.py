"""Whether a machine that somebody builds can hold and feed its cards."""
