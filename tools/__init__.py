"""Set-up of a checkout, and extracts of published schemas."""
