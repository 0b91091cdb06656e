"""What is said beside a result: hints, what runs and costs, an error that nobody foresaw."""
