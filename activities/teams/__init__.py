"""Activities that write to Teams: cards, replies in their threads, private messages."""
