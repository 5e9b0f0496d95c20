"""What people are told of their links to PagerDuty."""
