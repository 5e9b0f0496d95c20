"""What is shown and said of one incident: its card, and the replies in the card's thread."""
