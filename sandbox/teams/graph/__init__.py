"""Microsoft Graph's calls about group chats, over the same conversations as the connector and the page."""
