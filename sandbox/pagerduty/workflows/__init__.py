"""Incident workflows: what starts them, their actions, and their runs.

What is certain is from PagerDuty's article *Incident Workflows*, its REST schema and the workflows of its
Terraform provider; a docstring says where it is our choice.
"""
