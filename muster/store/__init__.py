"""Postgres: what outlives a workflow's run.

Each family of tables is one module with typed functions and the SQL file of their queries.
"""
