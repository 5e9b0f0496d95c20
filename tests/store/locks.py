"""What one statement waits for, as the server sees it."""

from muster.store.pool import Pool


async def somebody_waits(pool: Pool) -> bool:
    """Whether a statement waits for a row that another transaction holds."""
    waiting = """SELECT EXISTS (SELECT FROM pg_stat_activity
                 WHERE wait_event_type = 'Lock' AND datname = current_database())"""
    return await pool.fetchval(waiting) is True
