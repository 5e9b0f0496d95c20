"""Simulators of PagerDuty and Teams, and `muster up`. It imports nothing of the product."""
