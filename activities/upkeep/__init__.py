"""The stages of ``Upkeep``: links that are refreshed, told of, let go, and old rows."""
