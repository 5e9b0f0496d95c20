"""The Teams service as a bot sees it: connector, tokens, activities, and a page that plays the client."""
