"""Entra: an app's tokens, where admins consent, and who signs in."""
