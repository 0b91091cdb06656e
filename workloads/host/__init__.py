"""What the host says of itself while a job runs: its settings, its cards by NVML, its kernel's log. Changes nothing on it."""
