"""What is asked and answered over HTTP, before and behind moto."""
