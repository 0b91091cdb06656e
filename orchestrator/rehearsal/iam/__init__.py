"""Who may do what in the account that is played: policies, and what a request amounts to before them."""
