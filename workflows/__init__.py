"""Deterministic orchestration, and the contract it has with everything else."""
