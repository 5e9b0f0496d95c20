"""``AccountLink``: one person is offered to link their Teams account to a PagerDuty user."""
