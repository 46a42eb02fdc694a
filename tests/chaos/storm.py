"""Rounds of faults, alone and in pairs, and what is asked of the system after each.

At most one live container per bot, always; within `BOUND` seconds of the last fault's end, exactly one for each bot
that is wanted, with its last edit, and none for the others.
"""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.chaos.checker import Checker, Double
from tests.chaos.faults import FAULTS, Named
from tests.chaos.stage import Stage
from tests.chaos.users import Users

BOUND = 60.0
"""Seconds from the last fault's end until all is well."""
SHORT, LONG = (0.5, 5.0), (12.0, 25.0)
"""How long a fault lasts: a moment, or longer than every lease."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Round:
    """What one round was, and how long it took until all was well again."""

    faults: tuple[str, ...]
    lasted: float
    healed: float | None
    """Seconds after the last fault's end; None when it was longer than the bound."""
    missing: str = ""


@dataclass
class Report:
    """What a storm has shown."""

    seed: int
    rounds: list[Round] = field(default_factory=list[Round])
    doubles: list[Double] = field(default_factory=list[Double])
    looks: int = 0

    @property
    def slowest(self) -> float:
        """Seconds of the slowest recovery."""
        return max((BOUND if one.healed is None else one.healed for one in self.rounds), default=0.0)

    @property
    def failed(self) -> list[Round]:
        return [one for one in self.rounds if one.healed is None]


@dataclass
class Storm:
    """One storm over one stage."""

    stage: Stage
    checker: Checker
    users: Users
    chance: random.Random
    say: Say
    faults: tuple[Named, ...] = FAULTS
    _bag: list[Named] = field(default_factory=list[Named])

    def blow(self, seconds: float, seed: int) -> Report:
        """Let rounds come and go for so long; ends at the first one that does not heal."""
        report = Report(seed, doubles=self.checker.doubles)
        until = time.monotonic() + seconds
        self.users.fill()
        report.rounds.append(self._heal((), 0.0))
        while time.monotonic() < until and not report.failed and not report.doubles:
            report.rounds.append(self._round())
        report.looks = self.checker.looks
        return report

    def _round(self) -> Round:
        faults = self._draw()
        names = tuple(one.name for one in faults)
        self.say(f"{' and '.join(names)}")
        began = time.monotonic()
        talks = not any(one.part == "NATS" for one in faults)
        with ExitStack() as open_:
            for one in faults:
                open_.enter_context(one.fault(self.stage))
                if talks and self.chance.random() < 0.5:
                    self.say(f"  {self.users.act()}")
                self._pass(self.chance.uniform(*SHORT))
            if self.chance.random() < 0.5:
                self.say(f"  {self.users.crash(self.checker)}")
            if self.chance.random() < 0.3:
                self._pass(self.chance.uniform(*LONG))
        lasted = time.monotonic() - began
        self.say(f"  over after {lasted:.1f} s; {self.users.act()}")
        return self._heal(names, lasted)

    def _draw(self) -> tuple[Named, ...]:
        """Take one fault, or two of different parts; each has its turn before any comes again."""
        faults = [self._next()]
        others = [one for one in self.faults if one.part != faults[0].part]
        if others and self.chance.random() < 0.4:
            faults.append(self.chance.choice(others))
        return tuple(faults)

    def _next(self) -> Named:
        if not self._bag:
            self._bag = list(self.faults)
            self.chance.shuffle(self._bag)
        return self._bag.pop()

    def _heal(self, faults: tuple[str, ...], lasted: float) -> Round:
        began = time.monotonic()
        while missing := self._missing():
            if time.monotonic() - began > BOUND:
                self.say(f"  not well after {BOUND:.0f} s: {missing}")
                return Round(faults, lasted, None, missing)
            for one in self.stage.runtimes:
                one.revive()
            self._pass(0.2)
        healed = time.monotonic() - began
        self.say(f"  well after {healed:.1f} s; {self.checker.looks} looks, {len(self.checker.doubles)} doubles")
        return Round(faults, lasted, healed)

    def _missing(self) -> str:
        """Return what is not as wanted; empty when all is well."""
        alive = self.checker.alive()
        running = {bot_id: [one.mark for one in processes] for bot_id, processes in alive.items()}
        wanted = {bot_id: [mark] for bot_id, mark in self.users.wanted.items()}
        if running == wanted:
            return ""
        ids = sorted(running.keys() | wanted.keys())
        wrong = [each for each in ids if running.get(each) != wanted.get(each)]
        return ", ".join(f"{each}: runs {running.get(each)}, wanted {wanted.get(each)}" for each in wrong)

    def _pass(self, seconds: float) -> None:
        """Let the system get on for a moment that chance chose."""
        self.checker.pause(seconds)
