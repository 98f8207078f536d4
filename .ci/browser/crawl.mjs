// Programs that the tests start: bounded in time, and ended by their own ids.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const program = process.env.CRAWL;

const running = new Set();
process.on('exit', () => running.forEach(p => p.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1)); // by default there would be no exit to clean up at
}

// scratch is a folder of the test file, which goes with its process.
export const scratch = mkdtempSync(join(tmpdir(), 'crawl-pages-'));
process.on('exit', () => rmSync(scratch, {recursive: true, force: true}));

// start runs crawl. What it prints comes together in out and err; ended is its code, once it has.
export function start(...args) {
  const child = spawn(program, args, {cwd: scratch, stdio: ['pipe', 'pipe', 'pipe'], env: {PATH: process.env.PATH, CI: 'true'}});
  const p = {child, out: '', err: '', code: null, changed: new Set(), kill: signal => child.kill(signal)};
  const wake = () => p.changed.forEach(f => f());
  running.add(p);
  child.stdout.setEncoding('utf8').on('data', text => { p.out += text; wake(); });
  child.stderr.setEncoding('utf8').on('data', text => { p.err += text; wake(); });
  p.ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(p);
      p.code = code ?? signal;
      wake();
      resolve(p.code);
    });
  });
  p.ended.catch(() => {});
  // printed waits until what was printed matches, and returns the match.
  p.printed = (where, pattern, ms = 15_000) => within(ms, `${args.join(' ')}: ${pattern}`, new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(p[where]);
      if (match) {
        p.changed.delete(look);
        resolve(match);
      } else if (p.code !== null) {
        p.changed.delete(look);
        reject(new Error(`crawl ${args.join(' ')} has ended with ${p.code}, and not printed ${pattern}:\n${p.out}\n${p.err}`));
      }
    };
    p.changed.add(look);
    look();
  }));
  return p;
}

// run runs crawl to its end, within so many milliseconds, and returns what it printed.
export async function run(args, {codes = [0], ms = 40_000} = {}) {
  const p = start(...args);
  p.child.stdin.end();
  const code = await within(ms, `crawl ${args.join(' ')}`, p.ended).finally(() => p.kill('SIGKILL'));
  if (!codes.includes(code)) {
    throw new Error(`crawl ${args.join(' ')} has ended with ${code}:\n${p.err}`);
  }
  return p;
}

// stop ends a program in good order, or else at once.
export async function stop(p) {
  if (!p || p.code !== null) {
    return;
  }
  p.kill('SIGTERM');
  await within(5000, 'the end of a program', p.ended).catch(() => p.kill('SIGKILL'));
}

// origin starts the test web, and returns it with its address. Should nobody stop it, it ends by itself.
export async function origin(...args) {
  const p = start('origin', '--for', '150s', ...args);
  p.address = (await p.printed('out', /^(http:\/\/[^/]+)\//m))[1];
  p.stats = async () => (await fetch(`${p.address}/-/stats`, {signal: AbortSignal.timeout(5000)})).json();
  return p;
}

// within fails if something takes longer.
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// eventually waits until a condition holds: until it returns something true.
export async function eventually(what, condition, ms = 15_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${ms} ms`);
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
