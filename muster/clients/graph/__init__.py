"""Microsoft Graph, as the app itself."""
