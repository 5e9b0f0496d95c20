"""Activities that ask Microsoft Graph."""
