"""`muster worker`: the Temporal worker."""


def worker() -> None:
    """Run the Temporal worker."""
    from muster.cli.configuration import checked_settings

    settings = checked_settings()
    from worker import main

    main(settings)
