"""What Teams sends to the bot. The only package that imports botbuilder."""
