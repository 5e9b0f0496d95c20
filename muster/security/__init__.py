"""Sealing of the secrets that the database keeps."""
