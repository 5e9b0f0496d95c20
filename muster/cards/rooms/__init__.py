"""The chats that are made for incidents: what they are called."""
