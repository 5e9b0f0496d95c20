"""Commands that people write to the bot: how they are read, the table of them, one module a command."""
