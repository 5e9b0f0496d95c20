"""Tools of a checkout: its set-up, and what writes or checks files that the tests compare."""
