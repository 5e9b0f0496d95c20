"""Extracts of published schemas, which the tests hold exchanges, cards and files against.

An extract has the structure of its original and none of its sentences. To use another call of an interface,
add it to ``originals`` and run ``make schemas`` where the originals are at hand.
"""
