"""Earns the spread: keeps one bid and one ask around the price, leaning against what it holds.

The market and its exchange are simulated, from a seed in the configuration. What it shows is the goodbye that
matters most: whatever ends the bot, its open orders are cancelled on the way out, and the books are saved.
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


class Exchange:
    """A simulated exchange: the price is a function of seed and tick; orders fill when it crosses them."""

    def __init__(self, config: dict[str, Any], tick: int, price: float) -> None:
        self._config = config
        self.tick = tick
        self.price = price
        self.orders: dict[str, float] = {}

    def advance(self) -> list[tuple[str, float]]:
        """Move on by one tick; return the fills as (side, price)."""
        self.tick += 1
        noise = random.Random(f"{self._config['seed']}/{self.tick}").gauss(0, self._config["volatility"])
        self.price = round(self.price * (1 + noise), 4)
        filled = [(side, limit) for side, limit in self.orders.items() if self._crosses(side, limit)]
        for side, _ in filled:
            del self.orders[side]
        return filled

    def _crosses(self, side: str, limit: float) -> bool:
        return self.price <= limit if side == "buy" else self.price >= limit

    def cancel_all(self) -> int:
        """Take all orders out of the market; return how many there were."""
        count = len(self.orders)
        self.orders.clear()
        return count


def main(bot_id: str, config: dict[str, Any]) -> None:
    state = load() or {"tick": 0, "price": float(config["start_price"]), "position": 0.0, "cash": 0.0, "fills": 0}
    exchange = Exchange(config, state["tick"], state["price"])
    log("started", bot_id=bot_id, tick=state["tick"], position=state["position"])
    try:
        while True:
            exchange.orders = quotes(state, config)
            state, events = book(state, exchange, config)
            save(state)
            for kind, data in events:
                metric(kind, data)
            time.sleep(config["interval"])
    finally:
        cancelled = exchange.cancel_all()
        save(state)
        log("stopped", cancelled_orders=cancelled, tick=state["tick"], position=state["position"])


def quotes(state: State, config: dict[str, Any]) -> dict[str, float]:
    """Return the orders to keep: further away on the side that would add to what is held."""
    half = state["price"] * config["spread_bps"] / 20_000
    lean = half * state["position"] / config["max_position"]
    wanted = {"buy": state["price"] - half - lean, "sell": state["price"] + half - lean}
    full = {"buy": state["position"] >= config["max_position"], "sell": state["position"] <= -config["max_position"]}
    return {side: round(limit, 4) for side, limit in wanted.items() if not full[side]}


def book(state: State, exchange: Exchange, config: dict[str, Any]) -> tuple[State, list[Event]]:
    """Let the market move and return the state after it, and what is worth telling."""
    symbol, size = config["symbol"], config["size"]
    position, cash, fills = state["position"], state["cash"], state["fills"]
    told: list[Event] = []
    for side, limit in exchange.advance():
        signed = size if side == "buy" else -size
        position, cash, fills = position + signed, cash - signed * limit, fills + 1
        told.append(("fill", {"symbol": symbol, "side": side, "price": limit, "size": size}))
    pnl = round(cash + position * exchange.price, 4)
    events: list[Event] = [
        ("price", {"symbol": symbol, "value": exchange.price}),
        *told,
        ("position", {"symbol": symbol, "size": position, "pnl": pnl, "fills": fills, "tick": exchange.tick}),
    ]
    return {"tick": exchange.tick, "price": exchange.price, "position": position, "cash": cash, "fills": fills}, events


def state_file() -> Path:
    return Path(os.environ["STATE_DIR"], "books.json")


def load() -> State | None:
    path = state_file()
    return json.loads(path.read_text()) if path.exists() else None


def save(state: State) -> None:
    """Replace the books whole: a crash leaves the old or the new ones, never a half."""
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
