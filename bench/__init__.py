"""Benchmarks: what the path costs, beside what the bare engine costs in the same run."""
