"""The Teams simulator: the connector, the tokens and the activities of a bot, and a page as Teams client."""
