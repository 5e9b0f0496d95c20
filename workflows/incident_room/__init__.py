"""``IncidentRoom``: the chat that is made for one incident, and the people in it."""
