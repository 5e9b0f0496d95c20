"""Simulators of PagerDuty and Teams, and the embedded stack. Reaches the product only from outside."""
