"""What people read in Teams, drawn by pure functions: no clock, no I/O, no settings."""
