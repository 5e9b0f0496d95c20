"""PagerDuty's REST API, version 2: what the account's objects look like in it, and its calls."""
