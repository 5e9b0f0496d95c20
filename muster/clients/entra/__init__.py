"""Entra: where admins consent."""
