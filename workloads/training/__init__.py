"""What trainings have in common: what is measured of them, and what their figures have to be."""
