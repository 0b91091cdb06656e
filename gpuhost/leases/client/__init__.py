"""What users type on a host: they ask the service through its socket, and read what everybody may read."""
