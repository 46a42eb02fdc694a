"""The attempts as a table in `docs/security.md`."""

from tests.attacks.attempts import INSIDE
from tests.attacks.onlookers import ONLOOKERS
from tests.mutations.mutation import ROOT
from tests.parts.pages import table

PAGE = ROOT / "docs" / "security.md"


def render() -> str:
    """Return the table."""
    return table(
        ["a bot tries", "what stands in the way", "outcome"],
        [[a.name, a.wall, a.outcome] for a in (*INSIDE, *ONLOOKERS)],
    )
