"""Temporal as this product uses it: the connection, its search attributes, links into its UI."""
