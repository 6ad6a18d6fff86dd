"""Studies of what the package's numbers are worth, and of what they cost."""
