"""What one person is told of the link between their Teams account and PagerDuty."""
