"""What a training on several hosts consists of at any moment, and how it is kept."""
