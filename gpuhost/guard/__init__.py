"""What brings a driver that was exchanged while it was loaded into use, at a time that was declared for it and when nobody uses the cards."""
