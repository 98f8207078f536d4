// The live page of a crawl, from its beginning to its end: its numbers move, pausing pauses, as the test web sees it
// too, and what it says in the end is what the records say.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';
import {desktop, launch, open, phone, shot} from './browser.mjs';
import {eventually, origin, scratch, start, stop} from './crawl.mjs';
import {contrast, keyboard, structure, width} from './inspect.mjs';

const pages = 3000;
const token = 'a-token-of-the-browser-tests';

let browser, web;
before(async () => {
  browser = await launch();
  web = await origin('--addresses', '3', '--pages', String(pages / 3), '--latency', '100ms', '--list', join(scratch, 'pages.txt'), '--urls', String(pages));
  const faults = ['status/404', 'status/500', 'truncate/100', 'garbage'].map(f => `${web.address}/f/${f}`);
  const list = readFileSync(join(scratch, 'pages.txt'), 'utf8').trim().split('\n');
  list.splice(100, 0, ...faults, '"><img src=http://192.0.2.1/x onerror=alert(1)>');
  writeFileSync(join(scratch, 'list.txt'), list.join('\n') + '\n');
  writeFileSync(join(scratch, 'token.txt'), token + '\n');
}, {timeout: 60_000});
after(async () => {
  await browser?.close();
  await stop(web);
});

const number = text => Number(text.replaceAll(',', ''));
const text = (page, id) => page.locator(`#${id}`).textContent();
const figure = async (page, id) => number(await text(page, id));
const state = (page, want) => eventually(`the state ${want}`, async () => await page.locator('#state').getAttribute('data-state') === want);

// points is how many points a chart has.
const points = (page, id) => page.evaluate(id => (document.querySelector(`#${id} .stroke`).getAttribute('d') || '').split(/[ML]/).length - 1, id);

// news waits until the page has been told something so many times more: its clock has moved.
async function news(page, times) {
  for (; times > 0; times--) {
    const before = await text(page, 'elapsed');
    await eventually('news', async () => await text(page, 'elapsed') !== before);
  }
}

// feed gives a crawl the list, again and again, some 400 lines a second: it lasts as long as the test takes, however slow
// the machine is. end() ends the list and returns how many lines there were.
function feed(crawl) {
  const list = readFileSync(join(scratch, 'list.txt'), 'utf8').trim().split('\n');
  const feeder = {lines: 0, on: true};
  const clock = setInterval(() => {
    for (let i = 0; i < 40 && feeder.on && !crawl.child.stdin.writableNeedDrain; i++) {
      crawl.child.stdin.write(list[feeder.lines++ % list.length] + '\n');
    }
  }, 100);
  feeder.end = () => {
    clearInterval(clock);
    crawl.child.stdin.end();
    return feeder.lines;
  };
  return feeder;
}

// holds is what every page holds; what the events do meanwhile changes nothing of that.
async function holds(page) {
  assert.deepEqual(await structure(page), []);
  assert.deepEqual(await width(page), []);
  assert.deepEqual(await contrast(page), []);
  const {findings, stops} = await keyboard(page);
  assert.deepEqual(findings, []);
  assert.ok(stops >= 3, `${stops} places to stop at`);
}

test('a crawl is watched, paused, resumed and ends', {timeout: 85_000}, async t => {
  const crawl = start('run', '-i', '-', '-o', 'records.jsonl', '-c', '100', '--retries', '0', '--listen', '127.0.0.1:0');
  const list = feed(crawl);
  t.after(() => {
    list.end();
    return stop(crawl);
  });
  const [, address, secret] = await crawl.printed('err', /live page at (http:\/\/127\.0\.0\.1:\d+\/)#token=(\S+)/);
  const desk = await open(browser, `${address}#token=${secret}`, {viewport: desktop});
  const hand = await open(browser, address, {viewport: phone, colorScheme: 'dark'});

  await t.test('numbers move', async () => {
    await state(desk, 'running');
    const seen = [];
    for (let i = 0; i < 3; i++) {
      await news(desk, 1);
      seen.push({fetched: await figure(desk, 'fetched'), attempts: await figure(desk, 'attempts'), points: await points(desk, 'chart-rate')});
    }
    for (let i = 1; i < seen.length; i++) {
      for (const what of ['fetched', 'attempts', 'points']) {
        assert.ok(seen[i][what] > seen[i - 1][what], `${what}: ${JSON.stringify(seen)}`);
      }
    }
    assert.ok(await figure(desk, 'in-flight') > 0);
    assert.ok(await figure(desk, 'rate') > 0);
    assert.match(await text(desk, 'bytes-rate'), /[KM]iB\/s$/);
    for (const id of ['chart-in-flight', 'chart-lag', 'chart-bytes']) {
      assert.ok(Math.abs(await points(desk, id) - await points(desk, 'chart-rate')) <= 1, `${id} has as many points as the others`);
    }
    assert.equal(await desk.locator('#hosts tr').count(), 3, 'a row for each host');
    assert.equal(desk.url(), address, 'the token has left the address bar');
    await shot(desk, 'live-1280-light-running');
  });

  await t.test('pausing pauses', async () => {
    await desk.locator('#pause').click();
    await state(desk, 'paused');
    list.on = false; // what it has is enough to go on with
    assert.equal(await text(desk, 'pause'), 'Resume');
    await eventually('nothing in flight', async () => await text(desk, 'in-flight') === '0' && (await web.stats()).in_flight === 0);
    const still = {fetched: await text(desk, 'fetched'), attempts: await text(desk, 'attempts'), asked: (await web.stats()).requests};
    await news(desk, 2);
    assert.deepEqual({fetched: await text(desk, 'fetched'), attempts: await text(desk, 'attempts'), asked: (await web.stats()).requests}, still);
    assert.equal(await text(desk, 'in-flight'), '0');
    assert.match(crawl.err, /paused/, 'the terminal is told too');
  });

  await t.test('what every page holds', async () => {
    await shot(desk, 'live-1280-light-paused');
    await shot(hand, 'live-390-dark-paused');
    await holds(desk);
    await state(hand, 'paused');
    await holds(hand);
  });

  await t.test('without the token there is no resuming', async () => {
    const refused = () => hand.faults.filter(f => /^console: .*(401|403)/.test(f)).length;
    await hand.locator('#pause').click();
    await hand.locator('#token-form').waitFor();
    assert.deepEqual(await contrast(hand), []);
    assert.deepEqual(await width(hand), []);
    await hand.locator('#token').fill('not-the-token-of-this');
    await hand.keyboard.press('Enter');
    await eventually('a refusal', async () => /wrong/.test(await text(hand, 'notice')));
    await shot(hand, 'live-390-dark-refused');
    assert.equal(refused(), 1);
    hand.faults = hand.faults.filter(f => !/^console: .*(401|403)/.test(f)); // as it should be
    assert.equal(await hand.locator('#state').getAttribute('data-state'), 'paused');
    assert.equal(await hand.evaluate(() => sessionStorage.getItem('token')), null, 'a wrong token is not kept');
    await hand.locator('#token').fill(secret);
    await hand.keyboard.press('Enter');
    await state(hand, 'running');
  });

  await t.test('it goes on to the end, and has counted right', async () => {
    await state(desk, 'running');
    const before = await figure(desk, 'fetched');
    list.on = true;
    await eventually('numbers move again', async () => await figure(desk, 'fetched') > before + 100);
    const lines = list.end();
    await state(desk, 'done');
    await state(hand, 'done');
    assert.equal(await crawl.ended, 3, crawl.err);
    const records = readFileSync(join(scratch, 'records.jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line));
    const of = test => records.filter(test).length;
    for (const page of [desk, hand]) {
      assert.equal(await figure(page, 'discovered'), lines);
      assert.equal(await figure(page, 'fetched'), of(r => r.class === 'ok'));
      assert.equal(await figure(page, 'failed'), of(r => r.class !== 'ok' && r.class !== 'input'));
      assert.equal(await figure(page, 'skipped'), of(r => r.class === 'input'));
      assert.equal(await text(page, 'pending'), '0');
      assert.equal(await text(page, 'state'), 'done: some URLs failed', 'the exit code is 3');
      assert.equal(await page.locator('#progress').evaluate(e => e.value), 1);
      const rows = id => page.locator(`#${id} tr`).evaluateAll(all => all.map(tr => [...tr.cells].map(c => c.firstChild.textContent)));
      const counts = (list, by) => [...list.reduce((m, r) => m.set(String(by(r)), (m.get(String(by(r))) || 0) + 1), new Map())].sort();
      const shown = async id => (await rows(id)).map(([name, n]) => [name, number(n)]).sort();
      assert.deepEqual(await shown('statuses'), counts(records.filter(r => r.class === 'ok'), r => r.status));
      assert.deepEqual(await shown('classes'), counts(records.filter(r => r.class !== 'ok'), r => r.class));
      assert.ok(await page.locator('#pause').isDisabled(), 'there is nothing to pause');
      assert.deepEqual(page.faults, []);
      assert.deepEqual(page.asked.filter(url => !url.startsWith(address) && !url.startsWith('data:')), []);
      assert.deepEqual(await contrast(page), []);
    }
    assert.equal((await web.stats()).requests, of(r => r.started), 'the test web has counted as many');
    await shot(desk, 'live-1280-light-done');
  });
});

test('where others can reach it, the token comes first', {timeout: 60_000}, async t => {
  const crawl = start('run', '-i', 'list.txt', '-o', 'others.jsonl', '--rate', '50/s', '--listen', '0.0.0.0:0', '--listen-token', 'token.txt');
  t.after(() => stop(crawl));
  const [, port] = await crawl.printed('err', /live page at http:\/\/\S+:(\d+)\//);
  const address = `http://127.0.0.1:${port}/`;
  for (const path of ['events', 'metrics', 'debug/pprof/', 'healthz']) {
    assert.equal((await fetch(address + path, {signal: AbortSignal.timeout(5000)})).status, 401, path);
  }
  const page = await open(browser, address, {viewport: phone});
  const refusals = () => page.faults.filter(f => /^console: Failed to load resource.*(401|403)/.test(f)).length;
  assert.deepEqual([await structure(page), await width(page), await contrast(page), (await keyboard(page)).findings].flat(), []);
  await shot(page, 'live-390-light-login');
  await page.locator('#token').fill('not-the-token-of-this');
  await page.keyboard.press('Enter');
  await eventually('a refusal', () => refusals() === 2); // the page itself, and the wrong token
  await page.locator('#token').fill(token);
  await page.keyboard.press('Enter');
  await state(page, 'running');
  await news(page, 1);
  assert.ok(await figure(page, 'fetched') > 0);
  assert.match(await text(page, 'done-share'), /^[\d,]+ of about 3,\d+ URLs done$/, 'the list is known here, by its size');
  await eventually('an ETA', async () => /^about \d/.test(await text(page, 'eta')));
  await page.locator('#pause').click();
  await state(page, 'paused'); // who has shown the token is known
  assert.deepEqual(page.faults.filter(f => !/^console: Failed to load resource.*(401|403)/.test(f)), []);
  await page.context().close();
});

// Three digits, whatever the number: those at the edges are given to the page by events that are made up.
test('figures are rounded, not cut', {timeout: 30_000}, async t => {
  const crawl = start('run', '-i', 'list.txt', '-o', 'figures.jsonl', '--rate', '1/s', '--listen', '127.0.0.1:0');
  t.after(() => stop(crawl));
  const [, address] = await crawl.printed('err', /live page at (http:\/\/127\.0\.0\.1:\d+\/)#token=/);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  let rate = 0;
  const none = {
    state: 'done', elapsed: 1, idled: 0, discovered: 0, fetched: 0, failed: 0, skipped: 0, pending: 0, total: -1, total_exact: false, eta: null,
    in_flight: 0, peak: 0, concurrency: 1, per_host: 0, rate_limit: 0, retrying: 0, attempts: 0, repeats: 0, bytes: 0, bytes_rate: 0,
    latency_p50: null, latency_p99: null, statuses: [], classes: [], pressure: [], hosts: [], hosts_sampled: false, loop: null, memory: {heap: 1, stacks: 1},
  };
  await page.route(address + 'events', route => route.fulfill({
    contentType: 'text/event-stream', body: `event: done\ndata: ${JSON.stringify({...none, rate})}\n\n`,
  }));
  for (const [given, shown] of [[0, '0'], [0.004567, '0.00457'], [1, '1'], [9.999, '10'], [99.94, '99.9'], [99.97, '100'], [100, '100'], [1234.6, '1,235']]) {
    rate = given;
    await page.goto(address);
    await state(page, 'done');
    assert.equal(await text(page, 'rate'), shown);
  }
});

// A name that is not of loopback, as in a local network: browsers trust such a page less, and send other fields with its form.
test('by a name in the network, the login works too', {timeout: 60_000}, async t => {
  const crawl = start('run', '-i', 'list.txt', '-o', 'named.jsonl', '--rate', '50/s', '--listen', '0.0.0.0:0', '--listen-token', 'token.txt');
  t.after(() => stop(crawl));
  const [, port] = await crawl.printed('err', /live page at http:\/\/\S+:(\d+)\//);
  const home = join(scratch, 'home');
  const other = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium', timeout: 30_000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--host-resolver-rules=MAP crawl.test 127.0.0.1, MAP * ~NOTFOUND'],
    env: {PATH: process.env.PATH, HOME: home, TMPDIR: scratch, LANG: 'C.UTF-8'},
  });
  t.after(() => other.close());
  const page = await other.newPage();
  await page.goto(`http://crawl.test:${port}/`);
  assert.equal(await page.evaluate(() => isSecureContext), false, 'else this is not the case that is meant');
  await page.locator('#token').fill(token);
  await page.keyboard.press('Enter');
  await state(page, 'running');
  await page.locator('#pause').click();
  await state(page, 'paused');
});
