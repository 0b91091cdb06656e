"""A rehearsal outlives the command that began it: a process of its own, found through a file in the state folder."""
