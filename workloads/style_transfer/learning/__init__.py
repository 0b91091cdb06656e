"""Learning a style on the spot, where no weights are at hand."""
