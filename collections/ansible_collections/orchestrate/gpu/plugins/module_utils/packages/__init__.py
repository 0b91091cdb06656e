"""Packages of the distribution and of other apt repositories, and the record of which role brought them."""
