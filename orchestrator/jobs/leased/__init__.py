"""People's own jobs on hosts that give leases of their GPUs: started, followed, ended, their folders copied there and back."""
