"""Which driver suits a host, from what it shows and what the catalog knows. Runs on the controller; asks no host."""
