"""The tables of the benchmarks: their rows, and how numbers are rendered."""

import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version

from tests.bench.child import Numbers
from tests.parts.pages import table

Rows = Sequence[tuple[str, str, Callable[[float], str]]]
"""Key of a number, its label, and how it is rendered."""


def machine(times: int) -> str:
    """Return the size of this machine and how often was measured, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, CPython {platform.python_version()}, pykka {version('pykka')}; "
        f"{f'medians of {times} runs' if times > 1 else 'one run'} in fresh processes. Read the ratios, not the digits."
    )


def actors_table(sizes: Sequence[int], measured: Sequence[Sequence[Numbers]]) -> str:
    """Return the table of actors at work, of plain and ours or of ours alone: a row for each quantity and number."""
    rows: list[list[str]] = []
    for key, label, unit, more_is_better in ACTOR_ROWS:
        for size, (*plain, ours) in zip(sizes, measured, strict=True):
            line = [f"{label}, {size:,} actors", "", unit(ours[key]), ""]
            for one in plain:
                ratio = ours[key] / one[key] if more_is_better else one[key] / ours[key]
                line[1], line[3] = unit(one[key]), f"{ratio:,.1f} times"
            rows.append(line)
    return table(["", "`ThreadingActor`", "ours", "better by"], rows)


def columns_table(rows: Rows, what: str, sizes: Sequence[int], measured: Sequence[Numbers]) -> str:
    """Return a table with a column for each number of `what`."""
    lines = [[label, *(unit(numbers[key]) for numbers in measured)] for key, label, unit in rows]
    return table(["", *(f"{size:,} {what}" for size in sizes)], lines)


def ratios_table(labels: Sequence[tuple[str, str]], plain: str, numbers: Numbers) -> str:
    """Return a table of seconds, and how many times what costs nothing each is."""
    rows = [[label, f"{numbers[key]:.3f} s", f"{numbers[key] / numbers[plain]:.1f} times"] for key, label in labels]
    return table(["", "CPU", "beside the first"], rows)


def seconds(value: float) -> str:
    """Render seconds."""
    return f"{value:.2f} s"


def per_second(value: float) -> str:
    """Render thousands per second."""
    return f"{value / 1e3:,.1f} k/s"


def microseconds(value: float) -> str:
    """Render microseconds."""
    return f"{value:,.0f} µs"


def milliseconds(value: float) -> str:
    """Render milliseconds."""
    return f"{value:,.1f} ms"


def times(value: float) -> str:
    """Render a ratio."""
    return f"{value:.2f} times"


def mebibytes(value: float) -> str:
    """Render MiB."""
    return f"{value / 2**20:,.0f} MiB"


def number(value: float) -> str:
    """Render a count."""
    return f"{value:,.0f}"


def decimal(value: float) -> str:
    """Render a mean count."""
    return f"{value:,.2f}"


def kibibytes(value: float) -> str:
    """Render KiB."""
    return f"{value / 1024:,.2f} KiB"


ACTOR_ROWS = (
    ("spread_per_s", "tell, spread over", per_second, True),
    ("one_per_s", "tell to one of", per_second, True),
    ("ask_us", "ask and answer, one of", microseconds, False),
    ("start_s", "start", seconds, False),
    ("stop_s", "stop", seconds, False),
    ("memory_bytes", "resident memory of each of", kibibytes, False),
)
COMMAND_LINE_ROWS = (
    ("plain_s", "`python -c pass`"),
    ("version_s", "`version`"),
    ("help_s", "`--help`"),
    ("status_s", "`status`, 100 bots"),
)
BACKLOG_ROWS = (
    ("delete_behind_many", "a deletion behind updates of as many bots, until it is written", seconds),
    ("all_of_many", "all of them worked off", seconds),
    ("delete_behind_few", "a deletion behind updates of fifty bots, until it is written", seconds),
    ("all_of_few", "all of them worked off", seconds),
)
FLEET_ROWS = (
    ("memory_bytes", "resident memory of each bot", kibibytes),
    ("whole_bytes", "the whole process, adapters loaded", mebibytes),
    ("up_s", "from the start until all run", seconds),
    ("up_cpu_s", "its CPU", seconds),
    ("event_p50_ms", "event to engine call, p50", milliseconds),
    ("event_p99_ms", "event to engine call, p99", milliseconds),
    ("exit_p50_ms", "exit to decision, p50", milliseconds),
    ("exit_p99_ms", "exit to decision, p99", milliseconds),
)
STORM_ROWS = (
    ("up_s", "from the start of our process until all run", seconds),
    ("first_s", "until the first runs", seconds),
    ("reported_s", "until `status` says so of all", seconds),
    ("cpu_s", "CPU of our process until all run", seconds),
    ("calls_per_start", "engine calls for each start, all told but looks at our locks and pings", decimal),
    ("for_nothing", "starts for nothing", number),
    ("doubles", "bots that ran twice at a time", number),
    ("lost", "acts refused for want of our own lock or lease", number),
    ("peak_bytes", "most resident memory of our process", mebibytes),
)
RESTART_ROWS = (
    ("acts_s", "from the start of our process until it creates a new bot's container", seconds),
    ("cpu_s", "its CPU until then", seconds),
    ("calls", "engine calls, but looks at our locks and pings", number),
    ("starts", "containers started beside the new one's", number),
    ("stops", "containers stopped", number),
    ("lost", "acts refused for want of our own lock or lease", number),
    ("peak_bytes", "most resident memory of our process", mebibytes),
)
LATENCY_ROWS = (
    *(
        (f"{kind}_{which}_ms", f"{label}, {which}", milliseconds)
        for kind, label in (
            ("created", "event `created` to the call that creates"),
            ("updated", "event `updated` to the call that stops the old one"),
            ("document", "changed document to the call that stops the old one"),
            ("deleted", "event `deleted` to the call that stops"),
            ("exit", "exit to the first call about the bot"),
            ("again", "exit to the call that creates it again"),
        )
        for which in ("p50", "p99")
    ),
    ("samples", "samples of each kind", number),
    ("doubles", "bots that ran twice at a time", number),
    ("lost", "acts refused for want of our own lock or lease", number),
)
QUIET_ROWS = (
    ("cpu_s", "CPU", seconds),
    ("calls", "engine calls about bots, or about all of them", number),
    ("steady_calls", "looks at our locks, and pings", number),
    ("database_calls", "commands to the database", number),
    ("replaced", "bots replaced", number),
    ("memory_bytes", "resident memory of our process at its end", mebibytes),
    ("lost", "acts refused for want of our own lock or lease", number),
)
BURST_ROWS = (
    ("burst_s", "from the second in which all are due until all run", seconds),
    ("burst_cpu_s", "CPU of our process until then", seconds),
    ("burst_for_nothing", "starts for nothing", number),
    ("burst_doubles", "bots that ran twice at a time", number),
    ("burst_lost", "acts refused for want of our own lock or lease", number),
)
SLOTS_ROWS = (
    ("up_s", "from the start of our process until it knows all", seconds),
    ("due_p50_ms", "due slot to engine call, p50", milliseconds),
    ("due_p99_ms", "due slot to engine call, p99", milliseconds),
    ("runs", "runs in that minute", number),
    ("cpu_s", "CPU of our process in that minute", seconds),
    ("calls_per_run", "engine calls about its bot, for each run", decimal),
    ("peak_bytes", "most resident memory of our process", mebibytes),
    ("lost", "acts refused for want of our own lock or lease", number),
)
SCHEDULES_ROWS = (
    ("memory_bytes", "resident memory of each schedule", kibibytes),
    ("up_s", "from the start until all wait for their time", seconds),
    ("due_p50_ms", "due slot to engine call, times spread, p50", milliseconds),
    ("due_p99_ms", "due slot to engine call, times spread, p99", milliseconds),
    ("first_s", "restart until the first run that is due", seconds),
    ("burst_s", "all due in one second, until all are started", seconds),
)
DOCUMENTS_ROWS = (
    ("plain_s", "plain read with pymongo", seconds),
    ("listing_s", "a listing, nothing changed", seconds),
    ("times", "the listing costs", times),
)
CALLS_ROWS = (
    ("bare_us", "`http.client`, one connection", microseconds),
    ("ours_us", "ours", microseconds),
    ("docker_py_us", "docker-py's own client", microseconds),
    ("beside_bare", "ours costs, beside `http.client`", times),
    ("beside_docker_py", "docker-py's costs, beside ours", times),
)
CONTAINERS_ROWS = (
    ("bare_s", "bare concurrent loop over the Docker API", seconds),
    ("ours_s", "a whole runtime, until all run", seconds),
    ("times", "starts as fast as the loop", times),
)
SUPERVISION_ROWS = (
    ("start_s", "start, until the last is up", seconds),
    ("crash_ms", "one crash, until it is up again", milliseconds),
    ("stop_s", "ordered stop, until the last is down", seconds),
    ("memory_bytes", "resident memory of each, with its specification", kibibytes),
)
