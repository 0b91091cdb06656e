"""The rules, a file for each subject. Each is a function from what is known to what follows, or to a contradiction."""
