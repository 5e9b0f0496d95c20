"""``python -m muster.cli``: the same as the `muster` command."""

from muster.cli.main import app

app()
