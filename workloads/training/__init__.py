"""The parts of a training job: its data, what is measured of it, and what its figures have to be."""
