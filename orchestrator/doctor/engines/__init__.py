"""Container engines as `orchestrate doctor` sees them: looked at, and judged, whether one answers or none does."""
