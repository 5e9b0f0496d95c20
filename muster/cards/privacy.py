"""``help privacy``: what Muster keeps, where and how long. docs/privacy.md is the same at length."""

PRIVACY = "\n".join(
    (
        "**What Muster sees in Teams**: messages that mention it or are written to it in private, presses of "
        "its buttons, searches in its search box, who wrote, pressed or searched, and what happens to teams "
        "that have it. It reads no other message, and keeps no text of yours.",
        "",
        "**What it keeps of people**, in the database of whoever runs Muster:",
        "- your name and ids in Teams, and which chat is ours. Nothing deletes them by itself.",
        "- if you are linked: your PagerDuty user's id, name and e-mail, and your tokens, encrypted "
        "(AES-256-GCM). They go at once by **unlinkUser**, and when PagerDuty or Microsoft do not know you "
        "any more. That a link ended without you is noted with your id, for 30 days after you were told.",
        "- each link that Muster sent you to sign in with, used or not: deleted 7 days after it expired.",
        "- each press of a button on an incident: who, when, what, how it ended. Nothing deletes it by "
        "itself.",
        "- cards: titles, notes and names of people, as PagerDuty told them.",
        "- what programs asked for: chat, meeting and messages of an incident, whom they named, and how it "
        "ended, for 30 days. Of a program's token a hash, and the PagerDuty user as whom it acts.",
        "",
        "**Elsewhere**: histories of what was done lie in Temporal, with names and ids, for as long as its "
        "operator says (30 days in our Compose file). They and the logs hold no token and no code, and an "
        "e-mail of yours only where a program acts as you, or named you by it. It is shown only to the "
        "browser that signed in.",
        "",
        "**To leave**: **unlinkUser** ends your link. PagerDuty still lists the app in your user settings "
        "there. Who takes the app out of a team ends that team's open links. The rest is deleted by whoever "
        "runs Muster.",
    )
)
