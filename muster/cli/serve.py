"""`muster serve`: the API."""


def serve() -> None:
    """Run the API: PagerDuty's webhooks, the bot, health."""
    from muster.cli.configuration import checked_settings

    settings = checked_settings(both_sides=True)
    import uvloop

    from api.app import serve as run_api

    uvloop.run(run_api(settings))
