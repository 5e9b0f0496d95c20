"""Incidents that are open already come to a conversation: at a person's wish, or when it is there again."""
