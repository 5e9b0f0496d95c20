"""The console: pages on which people see the account and act as one of its users."""
