"""The style network: its layers as data, its weights as a file, and what it makes of a picture."""
