"""``help legacy``: how a team comes from PagerDuty's own app. docs/legacy.md is the same at length."""

LEGACY = "\n".join(
    (
        "**From PagerDuty's own app, or from *PagerDuty (Legacy)* with its connectors, to Muster.** Both can "
        "stay while you try it: Muster reads and changes nothing of theirs. Until then an incident comes "
        "twice where both are connected.",
        "",
        "1. Add Muster to the team, and do what it writes to you in private. **status** says what is "
        "missing.",
        "2. Everybody who acts on incidents sends **linkUser**. A link with the other app does not count "
        "here.",
        "3. In each channel, **connect** and the address of a service's page in PagerDuty, then **Connect "
        "Service** on the card. **list** shows what is connected there.",
        "4. See one incident through in a channel: its card comes, **Acknowledge** works, and PagerDuty "
        "names you.",
        "5. Turn the other app off, team by team:",
        "   - *PagerDuty (Legacy)*: search for it in Teams, **Add to a team**, choose the team, **Set up a "
        "connector**. Under *Configured*, press **Manage** beside each connector and remove it.",
        "   - PagerDuty's own app: in PagerDuty, *Integrations*, *Extensions*, *Microsoft Teams*, press "
        "**Disconnect** beside the team. An Admin or the Account Owner can. All its connections there go.",
        "   - Either: **…** beside the team's name, *Manage team*, *Apps*, and remove the app.",
        "",
        "**What differs**: mention Muster, not PagerDuty. Not everything of the other app is built here: "
        "**help** lists what I understand, so look first. Cards that the other app posted stay as they are, "
        "and their buttons are its own. PagerDuty's incident workflows with Teams actions need its own app.",
    )
)
