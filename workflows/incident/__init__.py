"""What a workflow knows about its incident, as frozen values and pure functions."""
