"""Follows the trend: long while the fast moving average stands above the slow one, flat otherwise.

The market is simulated, from a seed in the configuration, so it needs no account and no network. What it shows is
how a bot lives: a step is a pure function, its outcome is saved before it is announced, and a stop (which is raised
in `main` like Ctrl-C) leaves through `finally`.
"""

import json
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

State = dict[str, Any]
Event = tuple[str, dict[str, Any]]


def main(bot_id: str, config: dict[str, Any]) -> None:
    state = load() or {"tick": 0, "price": float(config["start_price"]), "prices": [], "position": 0.0, "cash": 0.0}
    log("started", bot_id=bot_id, tick=state["tick"], position=state["position"])
    try:
        while True:
            state, events = step(state, config)
            save(state)
            for kind, data in events:
                metric(kind, data)
            time.sleep(config["interval"])
    finally:
        save(state)
        log("stopped", tick=state["tick"], position=state["position"])


def step(state: State, config: dict[str, Any]) -> tuple[State, list[Event]]:
    """Return the state after one more price, and what is worth telling."""
    symbol, tick = config["symbol"], state["tick"] + 1
    price = next_price(state["price"], config, tick)
    prices = [*state["prices"], price][-config["slow"] :]
    wanted = target(prices, config, state["position"])
    bought = wanted - state["position"]
    cash = state["cash"] - bought * price
    events: list[Event] = [("price", {"symbol": symbol, "value": price})]
    if bought:
        events.append(("signal", {"symbol": symbol, "direction": "buy" if bought > 0 else "sell", "price": price}))
    pnl = round(cash + wanted * price, 4)
    events.append(("position", {"symbol": symbol, "size": wanted, "pnl": pnl, "tick": tick}))
    return {"tick": tick, "price": price, "prices": prices, "position": wanted, "cash": cash}, events


def target(prices: list[float], config: dict[str, Any], position: float) -> float:
    """Return the position to hold; too few prices keep what is held."""
    if len(prices) < config["slow"]:
        return position
    fast = sum(prices[-config["fast"] :]) / config["fast"]
    return float(config["size"]) if fast > sum(prices) / len(prices) else 0.0


def next_price(price: float, config: dict[str, Any], tick: int) -> float:
    """Return the simulated market's next price: a function of seed and tick, so a restart sees the same market."""
    noise = random.Random(f"{config['seed']}/{tick}").gauss(0, config["volatility"])
    return round(price * (1 + noise), 4)


def state_file() -> Path:
    return Path(os.environ["STATE_DIR"], "crossover.json")


def load() -> State | None:
    path = state_file()
    return json.loads(path.read_text()) if path.exists() else None


def save(state: State) -> None:
    """Replace the state whole: a crash leaves the old or the new one, never a half."""
    fresh = state_file().with_suffix(".new")
    fresh.write_text(json.dumps(state))
    fresh.replace(state_file())


def metric(kind: str, data: dict[str, Any]) -> None:
    write({"_metric": kind, **data, "timestamp": datetime.now(UTC).isoformat()})


def log(message: str, **data: Any) -> None:
    write({"level": "info", "message": message, **data})


def write(line: dict[str, Any]) -> None:
    """Print a line together with its end: a stop that comes at this moment does not split them."""
    print(json.dumps(line) + "\n", end="", flush=True)
