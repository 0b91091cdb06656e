"""Which cards a job takes, before a framework is loaded: free ones only, and nobody else's."""
