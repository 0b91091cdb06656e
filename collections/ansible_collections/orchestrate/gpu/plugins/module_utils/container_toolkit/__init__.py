"""What lets container engines give a container NVIDIA's cards: their settings, and the specification of the devices."""
