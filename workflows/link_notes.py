"""Notes of an incident that Muster writes itself: where people meet. What people write is told from them."""

CHAT_NOTE = "Microsoft Teams chat: "
MEETING_NOTE = "Microsoft Teams meeting: "
"""How the notes with the addresses of the chat and of the meeting begin."""

_ADDRESS = "https://"


def is_link_note(text: str) -> bool:
    """Whether a note is Muster's. One that says more of the chat than its address is somebody's.

    That of a meeting goes on with the number to dial, and with why it is not the incident's bridge.
    """
    if text.startswith(CHAT_NOTE):
        words = text.removeprefix(CHAT_NOTE).split()
        return len(words) == 1 and words[0].startswith(_ADDRESS)
    return text.startswith(MEETING_NOTE) and text.removeprefix(MEETING_NOTE).startswith(_ADDRESS)
