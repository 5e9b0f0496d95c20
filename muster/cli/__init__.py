"""The `muster` command: one module a subcommand.

A subcommand imports what it needs when it runs, so that `muster --help` answers at once.
"""
