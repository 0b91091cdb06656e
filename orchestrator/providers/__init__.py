"""Where hosts come from. `base` states the contract; every other module here keeps it."""
