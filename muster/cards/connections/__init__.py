"""What a channel is shown of its connections to PagerDuty's services."""
