"""The console: pages that show the account to people, who act there as one of its users."""
