"""This computer: our content on it, its way to the package servers, the processes that a run of ours left."""
