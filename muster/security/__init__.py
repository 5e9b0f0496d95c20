"""The rights, sealed values and signatures that every process shares."""
