"""Postgres: what outlives a workflow's run. SQL in files with named queries, one typed function each."""
