"""What is worth a log line: phases of bots and reports of supervisors, as structured events.

A line for each bot of a mass start is enough: "running". A warning is something that somebody should act on: a parked
or crash-looping bot, one whose reason says so, a failed actor. All else is information.
"""

import structlog

from the0_actors.actors.bot.phase import WANTED
from the0_actors.actors.kernel.dead_letters import DeadLetter
from the0_actors.actors.ports.status import Phase, Transition
from the0_actors.supervisors.reports import Report, What

log = structlog.get_logger(__name__)

WARN_ABOUT = frozenset({Phase.PARKED, Phase.CRASH_LOOPING})
QUIET = frozenset({Phase.UNKNOWN, Phase.PREPARING})
"""Steps on the way to a phase that is told; so is a start that has no other reason than that it is wanted."""
USUAL = (Phase.STARTING, WANTED)


class Journal:
    """Writes to structlog. Subclass it to send elsewhere."""

    def bot(self, bot_id: str, transition: Transition) -> None:
        """Take a bot's change of phase."""
        warns = transition.warns or transition.phase in WARN_ABOUT
        write = log.warning if warns else log.info
        if not warns and (transition.phase in QUIET or (transition.phase, transition.reason) == USUAL):
            write = log.debug
        write("bot", bot_id=bot_id, phase=transition.phase, reason=transition.reason)

    def supervisor(self, report: Report) -> None:
        """Take a supervisor's report."""
        fields = {"what": report.what, "actor": report.child, "supervisor": report.supervisor, "reason": report.reason}
        match report.what:
            case What.FAILED | What.GIVEN_UP | What.ESCALATED:
                log.error("actor", **fields, trace=report.trace)
            case What.RESTARTING:
                log.warning("actor", **fields, delay=round(report.delay, 3))
            case _:
                log.debug("actor", **fields)

    def dead_letter(self, letter: DeadLetter) -> None:
        """Take a message that nobody handled."""
        write = log.warning if letter.reason == "full" else log.info
        write("dead_letter", actor=letter.path, message=letter.message, reason=letter.reason)
