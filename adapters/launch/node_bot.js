// The wrapper of Node bots: runs inside the bot's container, with nothing but node itself.
//
// It loads the bot's module, ES or CommonJS, and awaits its function with (id, config). On TERM or INT the bot's own
// listeners for process 'SIGTERM' (else those for 'SIGINT') are heard, and the process ends when the bot does; a bot
// without such a listener ends at once. What ends how stands in docs/bots.md.
'use strict';

const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');

const SUCCESS = { status: 'success', message: 'Bot executed successfully' };
const TERMINATED = { status: 'terminated', message: 'Bot execution terminated by signal' };

const folder = '/' + (process.env.CODE_MOUNT_DIR || 'bot');
let asked = false;
let ended = false;

// Takes the place of whatever is there: a pipe would never be written to its end.
function writeResult(result) {
  const fresh = path.join(folder, `.result.${process.pid}`);
  try {
    fs.writeFileSync(fresh, JSON.stringify(result));
    fs.renameSync(fresh, path.join(folder, 'result.json'));
  } catch (error) {
    console.error(`RESULT_ERROR: ${error.message}`);
  }
}

// Ends the process once what was printed is out, whatever timers and sockets are pending.
function end(code, result) {
  if (ended) return;
  ended = true;
  if (result) writeResult(result);
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

function fail(kind, reason, result) {
  console.error(`${kind}: ${reason}`);
  end(1, result);
}

function text(error) {
  return error instanceof Error ? error.message : String(error);
}

function stop(signal) {
  if (asked) return; // impatience does not disturb the goodbye
  asked = true;
  if (process.listenerCount(signal) > 1) return;
  const other = signal === 'SIGTERM' ? 'SIGINT' : 'SIGTERM';
  if (process.listenerCount(other) > 1) process.emit(other, other);
  else end(0, TERMINATED);
}

function parseConfig() {
  try {
    return { value: JSON.parse(process.env.BOT_CONFIG || '') };
  } catch (error) {
    fail('CONFIG_ERROR', `BOT_CONFIG is no JSON: ${error.message}`);
    return null;
  }
}

function enter() {
  try {
    process.chdir(folder);
    return true;
  } catch (error) {
    fail('CHDIR_ERROR', error.message);
    return false;
  }
}

function resolve(script) {
  try {
    return require.resolve(path.join(folder, script));
  } catch (error) {
    throw Object.assign(error, { stack: `Error: ${text(error).split('\n')[0]}` }); // the rest names this file
  }
}

// The exports of a CommonJS module are the default of the module that `import` makes of it.
async function load(script) {
  const module = await import(pathToFileURL(resolve(script)));
  const whole = module.default || {};
  const bot = [module.main, whole.main, whole.default, whole].find((candidate) => typeof candidate === 'function');
  if (bot) return bot;
  throw new Error(`${script} exports no function: main, default, or the module itself`);
}

function failToLoad(script, error) {
  const stack = String((error && error.stack) || error).split('\n').filter((line) => !line.includes(__filename)).join('\n');
  const result = { status: 'error', message: text(error) };
  const placed = stack.includes(folder) && !stack.includes('at compileSourceTextModule');
  if (!(error instanceof SyntaxError) || placed) return fail('IMPORT_ERROR', stack, result);
  // Only node itself knows in which ES module the mistake is, and tells when it dies of it.
  console.error(`IMPORT_ERROR: ${script}: ${error}`);
  ended = true;
  writeResult(result);
  process.removeAllListeners('uncaughtException');
  setImmediate(() => {
    throw error;
  });
}

async function run() {
  const config = parseConfig();
  if (!config || !enter()) return;
  const script = process.env.SCRIPT_PATH || 'index.js';
  let bot;
  try {
    bot = await load(script);
  } catch (error) {
    failToLoad(script, error);
    return;
  }
  try {
    const value = await bot(process.env.BOT_ID, config.value);
    end(0, asked ? TERMINATED : value || SUCCESS);
  } catch (error) {
    console.error((error && error.stack) || error);
    end(1, { status: 'error', message: text(error) });
  }
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
run();
