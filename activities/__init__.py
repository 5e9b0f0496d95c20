"""Activities: every call to the outside, one folder a provider."""
