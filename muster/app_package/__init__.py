"""The app package: the zip that a Teams admin uploads, one for each registration of the bot."""
