"""PagerDuty: its REST API and its tokens."""
