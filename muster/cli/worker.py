"""`muster worker`: the Temporal worker."""


def worker() -> None:
    """Run the Temporal worker."""
    from muster.cli.configuration import checked_settings

    settings = checked_settings(both_sides=True)
    from worker import main

    main(settings)
