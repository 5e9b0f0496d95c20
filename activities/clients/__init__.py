"""What activities share beside the platforms' clients: people's tokens, and what becomes of their links."""
