"""The meeting of an incident, as the run of its room asks for it."""
