// Follows the trend: long while the fast moving average stands above the slow one, flat otherwise.
//
// The market is simulated, from a seed in the configuration, so it needs no account and no network. What it shows is
// how a bot lives: a step is a pure function, its outcome is saved before it is announced, and a listener for
// SIGTERM ends the loop, so that main settles in order.
'use strict';

const fs = require('fs');
const path = require('path');
const { setTimeout: sleep } = require('timers/promises');
const { nextPrice } = require('./market');

const stateFile = () => path.join(process.env.STATE_DIR, 'crossover.json');

function load() {
  return fs.existsSync(stateFile()) ? JSON.parse(fs.readFileSync(stateFile(), 'utf8')) : null;
}

// Replaces the state whole: a crash leaves the old or the new one, never a half.
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

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The position to hold; too few prices keep what is held.
function target(prices, config, position) {
  if (prices.length < config.slow) return position;
  return mean(prices.slice(-config.fast)) > mean(prices) ? config.size : 0;
}

// The state after one more price, and what is worth telling.
function step(state, config) {
  const symbol = config.symbol;
  const tick = state.tick + 1;
  const price = nextPrice(state.price, config, tick);
  const prices = [...state.prices, price].slice(-config.slow);
  const position = target(prices, config, state.position);
  const bought = position - state.position;
  const cash = state.cash - bought * price;
  const events = [['price', { symbol, value: price }]];
  if (bought) events.push(['signal', { symbol, direction: bought > 0 ? 'buy' : 'sell', price }]);
  events.push(['position', { symbol, size: position, pnl: Number((cash + position * price).toFixed(4)), tick }]);
  return [{ tick, price, prices, position, cash }, events];
}

exports.main = async (id, config) => {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  let state = load() || { tick: 0, price: config.start_price, prices: [], position: 0, cash: 0 };
  let events;
  log('started', { bot_id: id, tick: state.tick, position: state.position });
  while (!stop.signal.aborted) {
    [state, events] = step(state, config);
    save(state);
    for (const [kind, data] of events) metric(kind, data);
    await sleep(config.interval * 1000, null, { signal: stop.signal }).catch(() => {});
  }
  save(state);
  log('stopped', { tick: state.tick, position: state.position });
};
