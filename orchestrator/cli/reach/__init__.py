"""Commands that bring what a host offers to this computer."""
