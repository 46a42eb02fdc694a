"""The Node wrapper in a real node, with our differences from the platform's own."""

import json
import signal
from typing import Any

import pytest
from tests.adapters.launch.vectors import VECTORS
from tests.parts.bots import SEARCH_PATH, Ended, Rig, spec
from tests.parts.waiting import missing

from the0_actors.actors.domain.launch import Kind

SUCCESS = {"status": "success", "message": "Bot executed successfully"}
TERMINATED = {"status": "terminated", "message": "Bot execution terminated by signal"}


@pytest.fixture(autouse=True)
def node() -> None:
    """Skip without a node."""
    import shutil

    if shutil.which("node", path=SEARCH_PATH) is None:
        missing("node is not installed")


def play(rig: Rig, script: str, **changes: Any) -> Ended:
    rig.put({"main.js": script})
    return rig.start(spec(runtime="nodejs20", **{"entrypoint": "main.js", **changes})).end()


def stop(rig: Rig, script: str, number: int = signal.SIGTERM) -> Ended:
    rig.put({"main.js": script})
    bot = rig.start(spec(runtime="nodejs20", entrypoint="main.js"))
    bot.wait_for("up")
    bot.signal(number)
    return bot.end()


def result(ended: Ended) -> object:
    return None if ended.result is None else json.loads(ended.result)


ENDINGS = [
    ("exports.main = async () => ({status: 'custom', n: 1})", 0, {"status": "custom", "n": 1}),
    ("exports.main = async () => {}", 0, SUCCESS),
    ("exports.main = async () => 0", 0, SUCCESS),
    ("exports.main = () => 'plain'", 0, "plain"),
    ("exports.main = async () => { setInterval(() => {}, 1000) }", 0, SUCCESS),
    ("exports.main = async () => { throw new Error('no market') }", 1, {"status": "error", "message": "no market"}),
    ("exports.main = async () => { throw 'text' }", 1, {"status": "error", "message": "text"}),
    ("exports.main = () => { throw new Error('at once') }", 1, {"status": "error", "message": "at once"}),
    ("exports.main = async () => { process.exit(5) }", 5, None),
    ("exports.main = () => new Promise(() => setTimeout(() => { boom() }, 1))", 1, None),
]


@pytest.mark.parametrize("kind", [Kind.REALTIME, Kind.SCHEDULED])
@pytest.mark.parametrize(("script", "code", "left"), ENDINGS)
def test_how_it_ends(rig: Rig, kind: Kind, script: str, code: int, left: object) -> None:
    ended = play(rig, script, kind=kind)
    assert (ended.code, result(ended)) == (code, left)


@pytest.mark.parametrize(
    "script",
    [
        "exports.main = (id) => console.log(id)",
        "exports.default = (id) => console.log(id)",
        "module.exports = (id) => console.log(id)",
        "module.exports = class {}; module.exports.main = (id) => console.log(id)",
    ],
)
def test_where_the_function_is_found(rig: Rig, script: str) -> None:
    assert play(rig, script).out == "bot1\n"


@pytest.mark.parametrize(("name", "entrypoint"), [("main.js", "main"), ("src/a/b.js", "src/a/b"), ("x/index.js", "x")])
def test_the_suffix_may_be_left_out(rig: Rig, name: str, entrypoint: str) -> None:
    rig.put({name: "exports.main = () => console.log('ran')"})
    assert rig.start(spec(runtime="nodejs20", entrypoint=entrypoint)).end().out == "ran\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exports.main = 3", "exports no function"),
        ("require('nothing-of-that-name')", "nothing-of-that-name"),
        ("const x = ;", "SyntaxError"),
        ("throw new Error('while loading')", "while loading"),
    ],
)
def test_import_errors(rig: Rig, script: str, words: str) -> None:
    ended = play(rig, script)
    assert ended.err.startswith("IMPORT_ERROR: ")
    assert words in ended.err
    left = result(ended)
    assert isinstance(left, dict)
    assert (ended.code, left["status"]) == (1, "error")


def test_import_error_without_the_file(rig: Rig) -> None:
    rig.put({"other.js": ""})
    ended = rig.start(spec(runtime="nodejs20", entrypoint="main.js")).end()
    assert ended.err.startswith("IMPORT_ERROR: ")
    assert ended.code == 1


@pytest.mark.parametrize("config", ["", "{", "nope"])
def test_config_errors(rig: Rig, config: str) -> None:
    ended = play(rig, "exports.main = () => console.log('ran')", config_json=config)
    assert ended.err.startswith("CONFIG_ERROR: ")
    assert (ended.code, ended.out, ended.result) == (1, "", None)


@pytest.mark.parametrize(("text", "value"), VECTORS)
def test_a1_the_configuration_reaches_the_bot(rig: Rig, text: str, value: object) -> None:
    script = "exports.main = (id, config) => console.log(JSON.stringify([id, config, process.env.BOT_CONFIG]))"
    assert json.loads(play(rig, script, config_json=text).out) == ["bot1", value, text]


def test_where_the_bot_finds_itself(rig: Rig) -> None:
    rig.put(
        {"node_modules/lib/index.js": "exports.x = require('other').y", "node_modules/other/index.js": "exports.y=2"}
    )
    script = "exports.main = () => console.log(process.cwd(), __filename, require('lib').x)"
    assert play(rig, script).out == f"{rig.bot} {rig.bot}/main.js 2\n"


def test_p71_what_was_printed_is_out_before_the_end(rig: Rig) -> None:
    script = "exports.main = async () => { for (let i = 0; i < 20000; i++) console.log('line ' + i) }"
    assert len(play(rig, script).out.splitlines()) == 20000


def test_p71_a_rejection_leaves_its_stack(rig: Rig) -> None:
    ended = play(
        rig, "async function trade() { throw new Error('no market') }\nexports.main = async () => { await trade() }"
    )
    assert "Error: no market" in ended.err
    assert "at trade" in ended.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_p08_a_bot_that_does_not_listen_ends_at_once(rig: Rig, number: int) -> None:
    ended = stop(
        rig, "exports.main = () => new Promise(() => { setInterval(() => {}, 1000); console.log('up') })", number
    )
    assert (ended.code, result(ended), ended.err) == (0, TERMINATED, "")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_p08_a_listener_says_goodbye_and_main_settles(rig: Rig, name: str) -> None:
    ended = stop(
        rig,
        f"""
exports.main = () => new Promise((resolve) => {{
  const timer = setInterval(() => {{}}, 1000);
  process.on('{name}', async () => {{
    await new Promise((done) => setTimeout(done, 50));
    console.log('goodbye');
    resolve();
  }});
  console.log('up');
}});
""",
    )
    assert (ended.code, result(ended), ended.out) == (0, TERMINATED, "up\ngoodbye\n")


def test_p08_a_listener_may_exit_by_itself(rig: Rig) -> None:
    script = """
exports.main = () => new Promise(() => {
  setInterval(() => {}, 1000);
  process.once('SIGTERM', () => process.exit(4));
  console.log('up');
});
"""
    assert stop(rig, script).code == 4


def test_a_goodbye_that_fails_is_a_failure(rig: Rig) -> None:
    script = """
exports.main = () => new Promise((resolve, reject) => {
  setInterval(() => {}, 1000);
  process.on('SIGTERM', () => reject(new Error('cannot cancel')));
  console.log('up');
});
"""
    ended = stop(rig, script)
    assert (ended.code, result(ended)) == (1, {"status": "error", "message": "cannot cancel"})


def test_a_result_that_is_no_json_is_said(rig: Rig) -> None:
    ended = play(rig, "exports.main = () => { const x = {}; x.x = x; return x }")
    assert ended.code == 0
    assert ended.err.startswith("RESULT_ERROR: ")


def test_p08_impatience_does_not_disturb_the_goodbye(rig: Rig) -> None:
    rig.put(
        {
            "main.js": """
exports.main = (id, config) => new Promise((resolve) => {
  const timer = setInterval(() => { if (require('fs').existsSync(config.go)) resolve(); }, 5);
  process.once('SIGTERM', () => console.log('leaving'));
  console.log('up');
}).then(() => console.log('gone'));
"""
        }
    )
    go = rig.root / "go"
    bot = rig.start(spec(runtime="nodejs20", entrypoint="main.js", config_json=json.dumps({"go": str(go)})))
    bot.wait_for("up")
    bot.signal()
    bot.wait_for("leaving")
    for _ in range(5):
        bot.signal()
    go.touch()
    ended = bot.end()
    assert (ended.code, ended.out.splitlines()) == (0, ["up", "leaving", "gone"])
