"""Teams: the Bot Connector, its tokens, and the addresses it may have."""
