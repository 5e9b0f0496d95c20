"""Extracts of published schemas, which the tests hold exchanges, cards and files against, and the product the
app's manifest.

An extract has the structure of its original and none of its sentences. Its ``source`` says where the original
is published, which version it calls itself, and the SHA-256 of its text.

To use another call of an interface, add it to ``originals``, get the originals from where they are published,
each under its ``file`` in one folder, and run ``make schemas FROM=<that folder>``. A newer original may bring
newer structure; the SHA-256 tells whether an extract is of the same text.
"""
