"""What is done to a device. Judges nothing."""
