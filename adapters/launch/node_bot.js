// The wrapper of Node bots: runs inside the bot's container, with nothing but node itself.
//
// It loads the bot's CommonJS module and awaits its function with (id, config). On TERM or INT the bot's own listeners
// for process 'SIGTERM' (else those for 'SIGINT') are heard, and the process ends when the bot does; a bot without
// such a listener ends at once. What ends how stands in docs/bots.md.
'use strict';

const fs = require('fs');
const path = require('path');

const SUCCESS = { status: 'success', message: 'Bot executed successfully' };
const TERMINATED = { status: 'terminated', message: 'Bot execution terminated by signal' };

const folder = '/' + (process.env.CODE_MOUNT_DIR || 'bot');
let asked = false;
let ended = false;

function writeResult(result) {
  try {
    fs.writeFileSync(path.join(folder, 'result.json'), JSON.stringify(result));
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

function load(script) {
  try {
    process.chdir(folder);
  } catch (error) {
    fail('CHDIR_ERROR', error.message);
    return null;
  }
  try {
    const module = require(path.join(folder, script));
    const bot = [module.main, module.default, module].find((candidate) => typeof candidate === 'function');
    if (bot) return bot;
    throw new Error(`${script} exports no function: main, default, or the module itself`);
  } catch (error) {
    fail('IMPORT_ERROR', (error && error.stack) || error, { status: 'error', message: text(error) });
    return null;
  }
}

async function run() {
  const config = parseConfig();
  const bot = config && load(process.env.SCRIPT_PATH || 'index.js');
  if (!bot) return;
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
