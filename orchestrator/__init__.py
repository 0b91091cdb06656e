"""Turn bare machines into deep-learning machines that are proven to train, and prove that nothing is left of them."""
