"""What a host's cards say, for Prometheus: names and labels of NVIDIA's dcgm-exporter where they mean the same, our own ones for the rest."""
