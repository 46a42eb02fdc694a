// A simulated market: the price is a function of seed and tick, so a restart sees the same market.
'use strict';

// A number in [0, 1) that depends on its input alone.
function chance(seed, tick, draw) {
  let value = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(tick * 2 + draw, 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return ((value ^ (value >>> 15)) >>> 0) / 2 ** 32;
}

exports.nextPrice = (price, config, tick) => {
  const radius = Math.sqrt(-2 * Math.log(1 - chance(config.seed, tick, 0)));
  const noise = radius * Math.cos(2 * Math.PI * chance(config.seed, tick, 1));
  return Number((price * (1 + noise * config.volatility)).toFixed(4));
};
