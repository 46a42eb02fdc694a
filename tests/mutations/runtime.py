"""Bugs in the bots' decisions, the fleet, the lease and the fence."""

from tests.mutations.mutation import Mutation

_LEARN = "actors/bot/learn.py"
_OUTCOMES = "actors/bot/outcomes.py"
_SIGHTINGS = "actors/bot/sightings.py"
_LOOKS = "actors/bot/looks.py"
_PLAN = "actors/bot/plan.py"
_STOPS = "actors/bot/stops.py"
_VIEW = "actors/bot/view.py"
_STEP = "actors/bot/step.py"
_FLEET = "actors/fleet.py"
_ENGINE_VIEW = "actors/engine_view.py"
_MASS_STOP = "actors/mass_stop.py"
_DOUBT = "actors/bot/doubt.py"
_LOCK = "actors/engine_lock.py"
_FENCE = "actors/fence.py"
_IDENTITY = "actors/identity.py"
_IDENTIFICATION = "actors/identification.py"
_RESTARTS = "actors/domain/restart_policy.py"
_SCENARIOS = ("tests/simulation/test_scenarios.py", "tests/simulation/test_changes.py")
_SIMULATION = (*_SCENARIOS, "tests/simulation/test_machine.py")
_FACTS = ("tests/actors/bot/test_sightings.py", "tests/simulation/test_facts.py")
_EMPTIED = ("tests/simulation/test_emptied.py",)

MUTATIONS = (
    Mutation(
        "a bot of which nobody knows is taken for one without a container",
        _LEARN,
        "predecessors=message.predecessors, have=UNKNOWN,",
        "predecessors=message.predecessors, have=None,",
        _SIMULATION,
    ),
    Mutation(
        "a closed gate does not hold a bot back",
        _PLAN,
        "if not state.gate or state.call is not None or state.look_retry.at > now.monotonic:",
        "if state.call is not None or state.look_retry.at > now.monotonic:",
        ("tests/actors/bot",),
    ),
    Mutation(
        "two engine calls of one bot at once",
        _PLAN,
        "if not state.gate or state.call is not None or state.look_retry.at > now.monotonic:",
        "if not state.gate or state.look_retry.at > now.monotonic:",
        ("tests/actors/bot",),
    ),
    Mutation(
        "a failed launch is taken for one that did nothing",
        _OUTCOMES,
        "    state = state._replace(look_due=True)\n    if isinstance(error, NameTaken):",
        "    if isinstance(error, NameTaken):",
        _SIMULATION,
    ),
    Mutation(
        "a hint during a read is forgotten",
        _LEARN,
        ": DocumentHint, _rules: Rules, _now: Now) -> BotState:\n    return state._replace(read_due=True)",
        ": DocumentHint, _rules: Rules, _now: Now) -> BotState:\n    return state._replace(read_due=not state.reading)",
        ("tests/actors/bot", *_SCENARIOS),
    ),
    Mutation(
        "a hint about the container is forgotten",
        _LEARN,
        "    return hear(state, message)\n",
        "    return state\n",
        _SIMULATION,
    ),
    Mutation(
        "an event that differs is taken for our own",
        _SIGHTINGS,
        "    return _SAYS.get(sighting.happening) is not status\n",
        "    return False\n",
        (*_FACTS, *_SIMULATION),
    ),
    Mutation(
        "what is told before the answer to a call is forgotten",
        _SIGHTINGS,
        "    return state._replace(heard=(*state.heard, sighting))\n",
        "    return state\n",
        _FACTS,
    ),
    Mutation(
        "a listing that differs is taken for what is known",
        _SIGHTINGS,
        "        return set(sighting.containers) != set(known.items())\n",
        "        return False\n",
        (*_FACTS, *_SIMULATION),
    ),
    Mutation(
        "an event of a container that nobody knows is taken for an old one",
        _SIGHTINGS,
        "        return sighting.happening is not Happening.REMOVED",
        "        return sighting.happening is Happening.DIED",
        _FACTS,
    ),
    Mutation(
        "a removal says that there is no other one, whoever listens",
        _OUTCOMES,
        "find_due=not now.followed)",
        "find_due=False)",
        _FACTS,
    ),
    Mutation(
        "what a listing without a watch has not is not there",
        _ENGINE_VIEW,
        "        sure = self.whole and watch is not None and watch == self._watch and self._agreeing > 1\n",
        "        sure = self.whole\n",
        _FACTS,
    ),
    Mutation(
        "a bot whose container was seen once has none",
        _ENGINE_VIEW,
        "        return sure and bot_id not in self._known\n",
        "        return sure\n",
        _FACTS,
    ),
    Mutation(
        "who follows an actor that failed goes by the listing",
        _FLEET,
        "bot_id in self._new and self._engine.has_none",
        "self._engine.has_none",
        _FACTS,
    ),
    Mutation(
        "a changed code hash is no change",
        _VIEW,
        "return have.fingerprint == rules.fingerprint(want.spec, have.code_hash)",
        "return True",
        _SIMULATION,
    ),
    Mutation(
        "a rejected version is tried again at once",
        _VIEW,
        "        and prepared.fingerprint != state.rejected\n",
        "",
        _SIMULATION,
    ),
    Mutation(
        "a disabled bot runs on",
        _PLAN,
        "    if isinstance(want, Rest):\n        return _begin_stop(container)\n",
        "    if isinstance(want, Rest):\n        return None\n",
        _SIMULATION,
    ),
    Mutation(
        "a bot that ignores TERM is never killed",
        _STOPS,
        "        return Send(container.container_id, Signal.KILL)\n",
        "        return None\n",
        _SIMULATION,
    ),
    Mutation(
        "TERM that a PID 1 without a handler lost is not sent again",
        _STOPS,
        "return ours and started is not None and began - started < YOUNG",
        "return False",
        ("tests/simulation/test_stops.py",),
    ),
    Mutation(
        "an end is counted at each look",
        _LOOKS,
        "    if state.ended_id == container.container_id:\n        return state\n",
        "",
        ("tests/actors/bot",),
    ),
    Mutation(
        "a paused container is left so",
        _PLAN,
        "        case Status.PAUSED:\n            return Resume(container.container_id)\n        case Status.CREATED:",
        "        case Status.CREATED:",
        _SIMULATION,
    ),
    Mutation(
        "a container of the Go runtime is no hindrance",
        _VIEW,
        "    if state.predecessors:\n        return state.predecessors[0]\n    if state.astray:",
        "    if state.astray:",
        _SIMULATION,
    ),
    Mutation(
        "a name that is free is taken for a bot without a container",
        _PLAN,
        " or not (state.taken or isinstance(have, Observed)):\n        return Find()\n"
        "    return Look(have.container_id if isinstance(have, Observed) else state.taken)",
        ":\n        return Find()\n"
        "    return Look(have.container_id if isinstance(have, Observed) else state.taken or state.name)",
        ("tests/simulation/test_astray.py",),
    ),
    Mutation(
        "a second container is left alone",
        _PLAN,
        "    if state.astray:\n        return _begin_stop(container)\n",
        "",
        ("tests/simulation/test_astray.py",),
    ),
    Mutation(
        "what is refused is asked for again at once",
        _STEP,
        "    if call is not None and not held_back(state.refusal, call, now):",
        "    if call is not None:",
        ("tests/simulation/test_refusals.py",),
    ),
    Mutation(
        "the actor of a deleted bot goes before its container",
        _STEP,
        "    gone = state.have is None and not state.predecessors and",
        "    gone = not state.predecessors and",
        _SIMULATION,
    ),
    Mutation(
        "one listing is enough to open the gate",
        _ENGINE_VIEW,
        "return before is not None and before <= seen",
        "return True",
        _SIMULATION,
    ),
    Mutation(
        "a database in which the fleet is gone is believed",
        _MASS_STOP,
        "return len(gone) > 1 and (large or len(gone) == whole)",
        "return False",
        ("tests/actors/test_mass_stop.py", "tests/simulation/test_mass_stops.py"),
    ),
    Mutation(
        "a stop that no event announced is not asked about",
        _DOUBT,
        "if state.believe or not _may_lose(state) else unannounced(answer)",
        "if state.believe or _may_lose(state) else unannounced(answer)",
        ("tests/simulation/test_mass_stops.py",),
    ),
    Mutation(
        "a stop that an event announced is asked about",
        _DOUBT,
        "case Deleted(buried=False):",
        "case Deleted():",
        ("tests/simulation/test_mass_stops.py",),
    ),
    Mutation(
        "the gate stays open without the lock",
        _FLEET,
        "            self._open = False\n            self._documents",
        "            self._documents",
        ("tests/actors/test_fence.py",),
    ),
    Mutation(
        "what a listing contradicts is not looked at",
        _FLEET,
        "if (phase is Phase.RUNNING) != (bot_id in running)}",
        "if bot_id not in self._phases and phase in running}",
        _SIMULATION,
    ),
    Mutation(
        "the fence is open without a lock",
        _FENCE,
        "        if not self.open():\n",
        "        if self._until is None:\n",
        ("tests/actors/test_fence.py",),
    ),
    Mutation(
        "the fence before writes outlasts the lease",
        _LOCK,
        "until = began + pace.term * (1.0 - MARGIN)",
        "until = began + pace.term * 4",
        ("tests/actors/test_fence.py",),
    ),
    Mutation(
        "without the database nothing is restarted",
        _LOCK,
        "return standing.seen + pace.sure if active(standing, now) else NEVER",
        "return min(standing.seen + pace.sure, standing.leased_until) if active(standing, now) else NEVER",
        ("tests/simulation/test_lock.py",),
    ),
    Mutation(
        "who takes the lock by force acts at once",
        _LOCK,
        "quiet_until=now + pace.sure",
        "quiet_until=now",
        ("tests/actors/test_engine_lock_machine.py",),
    ),
    Mutation(
        "a frozen holder is never followed",
        _LOCK,
        "return now < standing.leased_until or (",
        "return (",
        ("tests/actors/test_engine_lock.py",),
    ),
    Mutation(
        "who loses the lock takes it back by the lease that it has still",
        _LOCK,
        "leased_until=NEVER, holder_sure=True, answering_since=since)",
        "holder_sure=True)",
        ("tests/actors/test_engine_lock.py",),
    ),
    Mutation(
        "whoever has the lock begins before the database has named it",
        _LOCK,
        "return _ours(standing) and standing.named and now",
        "return _ours(standing) and now",
        ("tests/actors/test_engine_lock.py",),
    ),
    Mutation(
        "a database without a marker is always a new one",
        _IDENTITY,
        "and (theirs := _others(found)):",
        "and (theirs := {}):",
        _EMPTIED,
    ),
    Mutation(
        "an installation is adopted beside the containers of the one that is given up",
        _IDENTITY,
        "if own := found.here.get(found.owner):",
        "if own := found.here.get(wanted + found.owner):",
        _EMPTIED,
    ),
    Mutation(
        "an engine is believed that says once that there is nothing",
        _IDENTIFICATION,
        "for _ in range(2) for container",
        "for _ in range(1) for container",
        _EMPTIED,
    ),
    Mutation(
        "an installation is given up under an active runtime",
        _IDENTIFICATION,
        "if instead_of and not self.lead():",
        "if instead_of and not instead_of:",
        _EMPTIED,
    ),
)
