"""``Toy``: a workflow that exists in tests alone."""
