"""Simulators of PagerDuty and Teams, and `muster up`. The sandbox imports nothing of the product."""
