// Earns the spread: keeps one bid and one ask around the price, leaning against what it holds.
//
// The market and its exchange are simulated, from a seed in the configuration. What it shows is the goodbye that
// matters most: whatever ends the loop, open orders are cancelled on the way out, and the books are saved.
'use strict';

const fs = require('fs');
const path = require('path');
const { setTimeout: sleep } = require('timers/promises');
const { nextPrice } = require('./market');

const stateFile = () => path.join(process.env.STATE_DIR, 'books.json');

function load() {
  return fs.existsSync(stateFile()) ? JSON.parse(fs.readFileSync(stateFile(), 'utf8')) : null;
}

// Replaces the books whole: a crash leaves the old or the new ones, never a half.
function save(state) {
  fs.writeFileSync(stateFile() + '.new', JSON.stringify(state));
  fs.renameSync(stateFile() + '.new', stateFile());
}

function metric(kind, data) {
  console.log(JSON.stringify({ _metric: kind, ...data, timestamp: new Date().toISOString() }));
}

function log(message, data) {
  console.log(JSON.stringify({ level: 'info', message, ...data }));
}

// A simulated exchange: orders fill when the price crosses them.
class Exchange {
  constructor(config, tick, price) {
    Object.assign(this, { config, tick, price, orders: {} });
  }

  advance() {
    this.tick += 1;
    this.price = nextPrice(this.price, this.config, this.tick);
    const crossed = { buy: (limit) => this.price <= limit, sell: (limit) => this.price >= limit };
    const filled = Object.entries(this.orders).filter(([side, limit]) => crossed[side](limit));
    for (const [side] of filled) delete this.orders[side];
    return filled;
  }

  cancelAll() {
    const count = Object.keys(this.orders).length;
    this.orders = {};
    return count;
  }
}

// The orders to keep: further away on the side that would add to what is held.
function quotes(state, config) {
  const half = (state.price * config.spread_bps) / 20000;
  const lean = (half * state.position) / config.max_position;
  const orders = {};
  if (state.position < config.max_position) orders.buy = Number((state.price - half - lean).toFixed(4));
  if (state.position > -config.max_position) orders.sell = Number((state.price + half - lean).toFixed(4));
  return orders;
}

// Lets the market move: the state after it, and what is worth telling.
function book(state, exchange, config) {
  const { symbol, size } = config;
  let { position, cash, fills } = state;
  const told = [];
  for (const [side, limit] of exchange.advance()) {
    const signed = side === 'buy' ? size : -size;
    position += signed;
    cash -= signed * limit;
    fills += 1;
    told.push(['fill', { symbol, side, price: limit, size }]);
  }
  const { tick, price } = exchange;
  const pnl = Number((cash + position * price).toFixed(4));
  const events = [['price', { symbol, value: price }], ...told, ['position', { symbol, size: position, pnl, fills, tick }]];
  return [{ tick, price, position, cash, fills }, events];
}

exports.main = async (id, config) => {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  let state = load() || { tick: 0, price: config.start_price, position: 0, cash: 0, fills: 0 };
  let events;
  const exchange = new Exchange(config, state.tick, state.price);
  log('started', { bot_id: id, tick: state.tick, position: state.position });
  try {
    while (!stop.signal.aborted) {
      exchange.orders = quotes(state, config);
      [state, events] = book(state, exchange, config);
      save(state);
      for (const [kind, data] of events) metric(kind, data);
      await sleep(config.interval * 1000, null, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    const cancelled = exchange.cancelAll();
    save(state);
    log('stopped', { cancelled_orders: cancelled, tick: state.tick, position: state.position });
  }
};
