"""Whether a training fits a card's memory and cards fit a machine, before anything is rented or bought.

Trains nothing and asks no host: a model is read from its file, cards and their figures from the catalog.
"""
