"""What Graph's simulator says to Teams' when it hands a call about chats, calendars or meetings on."""

PATH = "/graph/v1.0"
"""Where Teams' simulator answers what came to Graph's ``/v1.0``."""
GONE, ADDRESS = "X-Sandbox-Gone", "X-Sandbox-Address"
"""Headers: object ids of people who were deleted from the directory, and Graph's own address."""
