"""How fast and how rightly hosts add up what each has: every pair, and all together."""
