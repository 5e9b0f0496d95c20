"""What the bot answers to commands; Markdown, with every name escaped."""

from collections.abc import Mapping

from muster.cards.text import escape, web_link

_NAME_LIMIT = 80
_QUOTE_LIMIT = 40
_SENTENCE_LIMIT = 500

SUMMARIES: dict[str, str] = {
    "help": "what I understand; **help privacy**: what Muster keeps of you; "
    "**help legacy**: the way from PagerDuty's own app",
    "status": "how the setup stands: what is done, what is missing, who can do it; and your own links",
    "open": "a link to PagerDuty",
    "linkUser": "links your Teams account to your PagerDuty user; your buttons then act as that user",
    "unlinkUser": "ends that link, and deletes your tokens",
    "connect": "connects a service to the channel; write **connect** and the address of its page, or its id",
    "disconnect": "ends a service's connection; write **disconnect** and its name, address or id",
    "list": "which services are connected to the channel, by whom and since when",
    "updates": "how much is said beside the cards here; write **updates** to see the choices",
    "authorize": "connects the team that a KEY is for; write **authorize KEY** in our private chat",
    "appconnect": "asks a Microsoft admin for the permissions that Muster needs",
    "configure": "what can be set up, and where",
}
"""One line for each command."""

NO_FORMS = "I have no answer to this card. Send **help** to see what I understand."
CONFIGURE = "\n".join(
    (
        "Everything is set up here, in Teams:",
        "- **status** shows how the setup of this team stands, and who can go on.",
        "- **authorize KEY**, in our private chat, connects a team to PagerDuty. The KEY is in the message "
        "that whoever added the app got.",
        "- **appconnect** asks a Microsoft admin for the permissions.",
        "- **connect** and the address of a service's page in PagerDuty, written in a channel, brings its "
        "incidents there. **list** shows what is connected, and **disconnect** ends it.",
        "- For another team, add the app to that team.",
    )
)
NO_PERSON = "Teams did not say who you are, so I cannot do this for you."
NOT_DONE = "That did not work. Muster's log says why."

NO_KEY = "Send the KEY with it: **authorize KEY**. It is in the message that whoever added the app got."
NOT_HERE = (
    "**authorize** works in our private chat alone. A KEY that was written where others read it is dead."
    " **Send a new link** on the message in our private chat makes a new one."
)
KEY_WRONG = "I do not know this KEY. Check its twelve characters and send it again."
KEY_FOREIGN = (
    "This KEY is not for a team of your organization. Use the KEY from the message in your own organization."
)
KEY_EXPIRED = "This KEY has expired. **Send a new link** on the message that it came with makes a new one."
KEY_REPLACED = "This KEY was replaced by a newer one. Use the KEY of the newest message."
KEY_SHOWN = (
    "This KEY was written in a channel, so it works no more. **Send a new link** on the message that it came "
    "with makes a new one."
)
KEY_SPENT = "This KEY was used already. **status** shows how the setup stands."
KEY_OF_REMOVED_TEAM = "Muster is not in that team any more, so this KEY works no more."
KEY_WAIT = "Too many wrong KEYs. Wait 15 minutes, then try again."

NOTHING_TO_CONNECT = (
    "A team has to be authorized first. Add the app to a team, or send **status** to see who can do it."
)
NOT_AUTHORIZED = (
    "This team is not authorized at PagerDuty yet, which comes first. Send status to see who can do it."
)
"""Plain text: both commands that connect say it."""
NO_ACCOUNT = "No PagerDuty account is configured for your organization. Whoever runs Muster can add one."


def help_text() -> str:
    """Every command, one line each."""
    lines = (f"- **{name}**: {summary}" for name, summary in SUMMARIES.items())
    return "\n".join(("I understand:", *lines, "In a channel, mention me first."))


def unknown_text(name: str | None, nearest: str | None) -> str:
    """The answer to anything else; ``None``: its name is not to be quoted."""
    quoted = f"“{escape(name, _QUOTE_LIMIT)}”" if name else "this"
    meant = f" Did you mean **{nearest}**?" if nearest else ""
    return f"I do not understand {quoted}.{meant}\n\n{help_text()}"


def open_text(addresses: Mapping[str, str]) -> str:
    """Links to accounts by their keys."""
    links = [(key, web_link(address) or address) for key, address in addresses.items()]
    if len(links) == 1:
        return f"[Open PagerDuty]({links[0][1]}) ({escape(links[0][0], _NAME_LIMIT)})"
    return "\n".join(f"- [{escape(key, _NAME_LIMIT)}]({address})" for key, address in links)


def plain_sentence(sentence: str) -> str:
    """A sentence of a set-up or of a link, which is plain text."""
    return escape(sentence, _SENTENCE_LIMIT)
