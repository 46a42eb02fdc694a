"""How a runtime stands, in words: for `status`, and for who asked for what cannot be done now. Pure."""

from the0_actors.actors.engine_lock import NEVER, Grip, Pace, Standing, active, is_sure, writes_until
from the0_actors.actors.ports.status import Command


def describe(standing: Standing, now: float, pace: Pace) -> tuple[bool, str]:
    """Return whether this runtime acts, and what it does or waits for."""
    acts, words = _what(standing, now, pace)
    if standing.silent_since is not None:
        return acts, f"{words}; the database is away"
    return acts, f"{words}; the database has not confirmed the lease" if acts and now >= writes_until(
        standing
    ) else words


def ages(standing: Standing, now: float) -> str:
    """Return for how long it has been so, where that matters; it changes from moment to moment."""
    found: list[str] = []
    if standing.silent_since is not None:
        found.append(f"database away since {now - standing.silent_since:.0f} s")
    if standing.seen > NEVER:
        found.append(f"engine's lock seen {now - standing.seen:.1f} s ago")
    if standing.quiet_until > now:
        found.append(f"takes over in {standing.quiet_until - now:.0f} s")
    return ", ".join(found)


def hindrance(command: Command, standing: Standing, now: float, pace: Pace) -> str:
    """Return why a command cannot be carried out now; empty when it can."""
    acts, words = describe(standing, now, pace)
    since = ages(standing, now)
    if command is Command.RESTART or not active(standing, now):
        return "" if acts else f"{words} ({since})" if since else words
    if now < writes_until(standing):
        return ""
    return f"`{command}` is kept in the database, which does not answer or has not confirmed our lease ({since})"


def _what(standing: Standing, now: float, pace: Pace) -> tuple[bool, str]:
    if standing.grip is Grip.ANOTHERS:
        return False, f"standby: {standing.holder or 'another runtime'} is active"
    if standing.grip is Grip.UNKNOWN:
        return False, "the engine has not said yet who has its lock"
    if not standing.named:
        return False, "has the engine's lock, and waits for the database"
    if not active(standing, now):
        return False, "takes over; who had the engine's lock may not have noticed yet"
    if not is_sure(standing, now, pace):
        return False, "does nothing: the engine does not confirm its lock"
    return True, "acts on the engine's lock"
