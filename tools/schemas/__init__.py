"""Extracts of published schemas, which the tests hold exchanges, cards and files against.

An extract has the structure of its original and none of its sentences. Another call of an interface is used: add it
to ``originals``, then run ``make schemas`` beside the originals.
"""
