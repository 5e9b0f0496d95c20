"""PagerDuty's webhooks."""
