"""A feed-forward style network over a large photograph, on every kind of device: seconds, memory, and tiles where it does not fit."""
