"""Messages of a team's set-up."""
