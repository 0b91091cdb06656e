"""Who used the cards, for how long and with how much energy."""
