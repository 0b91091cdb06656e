"""Python environments below one folder, each with what pip puts into it."""
