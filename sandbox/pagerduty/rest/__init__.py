"""PagerDuty's REST API, version 2: its calls, and the JSON shapes of the account's objects."""
