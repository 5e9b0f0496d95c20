"""Simulators of PagerDuty, Teams and Microsoft, and `muster up`. The sandbox imports nothing of Muster."""
