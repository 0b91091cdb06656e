"""One module a stage; each takes the values before it and returns the next one."""
