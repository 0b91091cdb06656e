"""NVIDIA's apt repository, and the components of the distribution's archive that its packages need."""
