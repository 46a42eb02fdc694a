"""Parts of actors' paths that come from bots' ids. Pure."""


def bot_child_id(bot_id: str) -> str:
    """Return the last part of a bot's path: its id, with what a path cannot hold escaped. Reversible."""
    return bot_id.replace("%", "%25").replace("/", "%2F")
