"""Everything that touches the world outside: the activities, and the HTTP clients they use."""
