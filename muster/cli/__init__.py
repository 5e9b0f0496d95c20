"""The `muster` command: one module a command."""
