"""What an entry in a calendar says of the incident whose meeting it is: HTML."""

from html import escape

from muster.cards.text import web_link


def entry_html(subject: str, *, incident_url: str, chat_url: str) -> str:
    """Links to the incident and to its chat, where they have addresses."""
    links = [
        f'<a href="{escape(address)}">{label}</a>'
        for label, url in (("Open in PagerDuty", incident_url), ("Join Chat", chat_url))
        if (address := web_link(url))
    ]
    return f"<p>{escape(subject)}</p>" + (f"<p>{' · '.join(links)}</p>" if links else "")
