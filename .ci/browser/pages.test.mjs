// The pages that are files: what is on them is counted against the data they are made of, and they are looked at as
// phones and desks show them, in light and dark.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {desktop, launch, open, phone, shot} from './browser.mjs';
import {comparison} from './comparison.mjs';
import {origin, run, scratch, stop} from './crawl.mjs';
import {contrast, keyboard, structure, unfold, width} from './inspect.mjs';

const limit = {timeout: 30_000};
const hostile = '"><img src=http://192.0.2.1/x onerror=alert(1)><script>alert(2)</script>';
const places = 10; // of each list of a report

let browser;
before(async () => { browser = await launch(); }, {timeout: 40_000});
after(async () => { await browser?.close(); });

// figures are the charts of a page: by their titles, the marks that are drawn and the rows of the table below.
function figures(page) {
  return page.evaluate(() => Object.fromEntries([...document.querySelectorAll('figure')].map(f => {
    const all = what => [...f.querySelectorAll(`svg.picture ${what}`)];
    const data = all('.mark').filter(m => m.querySelector(':scope > title')); // without, it is of a legend
    const cells = [...f.querySelectorAll('tbody tr')].map(tr => [...tr.children].map(c => c.textContent));
    const path = e => (e.getAttribute('d') || '').length;
    return [f.querySelector('figcaption').textContent, {
      marks: data.length, hollow: data.filter(m => m.matches('.hollow')).length, lines: all('.line').length,
      bars: new Set(data.map(m => m.getAttribute('y'))).size, shapes: data.filter(m => m.matches('.shape')).length,
      drawn: data.every(m => m.getBoundingClientRect().width > 0 || path(m) > 0), rows: cells,
      filled: cells.flatMap(row => row.slice(1)).filter(c => c !== '–').length,
      bad: data.filter(m => m.matches('.p1')).length,
    }];
  })));
}

// tables are those of a page that belong to no chart: by their captions, their rows.
function tables(page) {
  return page.evaluate(() => Object.fromEntries([...document.querySelectorAll('table')].filter(t => !t.closest('figure')).map(
    t => [t.caption.textContent, [...t.tBodies[0].rows].filter(r => !r.matches('.remark')).map(r => [...r.cells].map(c => c.textContent))])));
}

// holds is what every page holds, as each screen shows it.
function holds(name, file) {
  for (const [screen, viewport] of Object.entries({phone, desktop})) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${name}, ${screen}, ${colorScheme}`, limit, async () => {
        const page = await open(browser, file(), {viewport, colorScheme});
        await shot(page, `${name}-${viewport.width}-${colorScheme}`);
        assert.deepEqual(await width(page), []);
        await unfold(page);
        assert.deepEqual(await structure(page), []);
        assert.deepEqual(await width(page), [], 'when everything is unfolded');
        assert.deepEqual(await contrast(page), []);
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every(v => v < 128));
        assert.equal(paper, colorScheme === 'dark', 'dark paper');
        assert.deepEqual(page.faults, []);
        assert.deepEqual(page.asked.filter(url => !url.startsWith('data:')), [file()], 'one file, and nothing else');
        await page.context().close();
      });
    }
  }
  test(`${name}, by keyboard`, limit, async () => {
    const page = await open(browser, file(), {viewport: phone}); // where most boxes scroll
    const {findings, stops} = await keyboard(page);
    assert.deepEqual(findings, []);
    assert.ok(stops > 3, `${stops} places to stop at`);
    await page.context().close();
  });
  test(`${name}, as it is printed`, limit, async () => {
    const page = await open(browser, file());
    await page.emulateMedia({media: 'print'});
    assert.deepEqual(await contrast(page), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

describe('crawl report', () => {
  let file, records;
  before(async () => {
    const web = await origin('--addresses', '4', '--pages', '100', '--latency', 'uniform:5ms,60ms', '--list', join(scratch, 'urls.txt'), '--urls', '300');
    const list = readFileSync(join(scratch, 'urls.txt'), 'utf8');
    const faults = ['status/404', 'status/404?2', 'status/500', 'truncate/100', 'garbage', 'stall', 'size/50000'].map(f => `${web.address}/f/${f}`);
    writeFileSync(join(scratch, 'list.txt'), [list.trim(), ...faults, `${web.address}/p/1?${encodeURI('ü')}`, hostile, `http://${hostile}/`, `${web.address}/p/2?x='><script>alert(3)</script>`].join('\n') + '\n');
    await run(['run', '-i', 'list.txt', '-o', 'records.jsonl', '-c', '40', '--timeout', '300ms', '--retries', '1'], {codes: [3]});
    await stop(web);
    await run(['report', 'records.jsonl', '--html', 'report.html', '--top', String(places)]);
    records = readFileSync(join(scratch, 'records.jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line));
    file = pathToFileURL(join(scratch, 'report.html')).href;
  }, {timeout: 60_000});

  holds('report', () => file);

  test('as many marks as the records say', limit, async () => {
    const page = await open(browser, file);
    const charts = await figures(page);
    const distinct = (list, of) => new Set(list.map(of)).size;
    const timed = records.filter(r => r.started), whole = timed.filter(r => r.class === 'ok'), answered = records.filter(r => r.status);
    const host = r => new URL(r.url).host;

    const ends = charts['How URLs ended'], status = charts['Status of responses'];
    assert.ok(distinct(records, r => r.class) >= 4, 'classes enough to test');
    assert.equal(ends.marks, Math.min(places, distinct(records, r => r.class)));
    assert.equal(ends.bad, ends.marks - 1, 'all but ok are striped');
    assert.equal(ends.rows.find(r => r[0] === 'ok')[1].split(' ')[0], String(whole.length));
    assert.equal(status.marks, distinct(answered, r => r.status));
    for (const [code, text] of status.rows) {
      assert.equal(text.split(' ')[0], String(answered.filter(r => r.status === Number(code)).length), `status ${code}`);
    }
    assert.equal(charts['Fetches in flight'].marks, 1);
    assert.equal(charts['Fetches ended'].marks, 2);
    const latency = charts['Time of a fetch'];
    const some = phase => timed.some(r => r.timings[phase] > 0);
    assert.equal(latency.lines, 1 + some('first_byte') + some('body') + some('connect') + (whole.length < timed.length));
    assert.equal(latency.shapes, latency.filled, 'a mark for each figure of the table');
    assert.equal(charts['Slowest hosts'].bars, Math.min(places, distinct(whole, host)));
    assert.equal(charts['Some fetches'].bars, 40);
    assert.equal(charts['The slowest fetches'].bars, places);
    for (const [title, chart] of Object.entries(charts)) {
      assert.ok(chart.drawn && chart.marks > 0, `${title}: something is not drawn`);
    }
    const lists = await tables(page);
    const byHost = Map.groupBy ? Map.groupBy(timed, host) : timed.reduce((m, r) => m.set(host(r), [...(m.get(host(r)) || []), r]), new Map());
    const busiest = lists['Hosts with the most fetches'];
    assert.equal(busiest.length, Math.min(places, byHost.size));
    for (const [name, fetches] of busiest) {
      assert.equal(fetches, String(byHost.get(name).length), name);
    }
    const slowest = timed.map(r => r.timings.total).sort((a, b) => b - a)[0];
    assert.equal(lists['Slowest fetches'].length, places);
    assert.ok(slowest >= 300_000, 'the one that stalled');
    await page.context().close();
  });

  test('what records say is shown, and not obeyed', limit, async () => {
    const page = await open(browser, file);
    await unfold(page);
    const text = await page.evaluate(() => document.body.textContent);
    assert.ok(text.includes('onerror=alert(1)'), 'the hostile line is told');
    assert.equal(await page.locator('script, img, iframe, object, embed, link:not([rel=icon])').count(), 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('a copy that asks for something elsewhere is found', limit, async () => {
    const html = readFileSync(new URL(file), 'utf8');
    const planted = '<img alt="" src="http://192.0.2.1/planted.png"></main>';
    const inside = join(scratch, 'inside.html'), outside = join(scratch, 'outside.html');
    writeFileSync(inside, html.replace('</main>', planted));
    writeFileSync(outside, html.replace('</main>', planted).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''));
    const kept = await open(browser, pathToFileURL(inside).href);
    assert.ok(kept.faults.includes('a request failed: http://192.0.2.1/planted.png: csp'), `the page's own policy keeps it from being sent: ${kept.faults}`);
    assert.ok(kept.faults.includes('a request would leave the machine: http://192.0.2.1/planted.png'), 'and it is found all the same');
    const free = await open(browser, pathToFileURL(outside).href);
    assert.ok(free.faults.includes('a request would leave the machine: http://192.0.2.1/planted.png'), `without it, it is found: ${free.faults}`);
    await kept.context().close();
    await free.context().close();
  });
});

// counted are the runs whose figures are shown: verified, no warm-up, and quiet where half of the rounds were.
function counted(data, mode, concurrency) {
  const good = data.runs.filter(r => r.mode === mode && r.concurrency === concurrency && r.round > 0 && !r.problem);
  const quiet = good.filter(r => !r.noisy);
  return quiet.length > 0 && 2 * quiet.length >= data.rounds ? quiet : good;
}

// phases is how many parts the bar of a fetch has: those that took time.
function phases(fetch) {
  const connected = Math.max(fetch.begin, fetch.connected || 0), first = Math.max(connected, fetch.first_byte || 0);
  return [connected > fetch.begin, first > connected, fetch.end > first].filter(Boolean).length;
}

// comparisons is what the page of a comparison shows, counted against its JSON.
async function comparisons(file, data) {
  const page = await open(browser, file);
  const charts = await figures(page);
  const distinct = of => [...new Set(data.runs.map(of))];
  const modes = distinct(r => r.mode), levels = distinct(r => r.concurrency).sort((a, b) => a - b);
  const outcomes = levels.flatMap(concurrency => modes.map(mode => ({mode, concurrency, runs: counted(data, mode, concurrency)}))).filter(o => o.runs.length > 0);
  const capped = outcomes.filter(o => Math.min(...o.runs.map(r => r.reached)) < o.concurrency).length;
  const lines = modes.filter(mode => outcomes.filter(o => o.mode === mode).length > 1).length; // it takes two points
  for (const title of ['Fetches per second', 'Peak memory']) {
    const {shapes, hollow, lines: drawn, filled} = charts[title];
    assert.deepEqual({shapes, hollow, drawn, filled}, {shapes: outcomes.length, hollow: capped, drawn: lines, filled: outcomes.length}, title);
  }
  assert.equal(charts['CPU time per fetch'].marks, 2 * outcomes.length);
  assert.equal(charts['CPU time per fetch'].rows.length, outcomes.length);
  for (const c of levels) {
    const chart = Object.entries(charts).find(([title]) => title.startsWith(`Latency at ${c} `))[1];
    assert.equal(chart.lines, outcomes.filter(o => o.concurrency === c).length, `latency at ${c}`);
    assert.equal(chart.shapes, chart.filled, `latency at ${c}`);
  }
  for (const {mode, runs} of outcomes.filter(o => o.concurrency === levels[levels.length >> 1])) {
    const shown = runs.sort((a, b) => a.fetches / a.wall - b.fetches / b.wall)[runs.length >> 1];
    assert.equal(charts[`${mode}: fetches in flight`].marks, 1, mode);
    assert.equal(charts[`${mode}: some fetches`].marks, shown.sample.reduce((n, f) => n + phases(f), 0), mode);
    assert.equal(charts[`${mode}: some fetches`].bars, shown.sample.length, mode);
  }
  const lists = await tables(page);
  for (const c of levels) {
    const ofLevel = Object.entries(lists).filter(([caption]) => caption.startsWith(`At ${c} `));
    assert.equal(ofLevel.length, 2, `tables at ${c}: ${Object.keys(lists)}`);
    ofLevel.forEach(([caption, rows]) => assert.equal(rows.length, modes.length, caption));
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
  return {outcomes: outcomes.length, capped};
}

describe('crawl compare, of figures that are made up', () => {
  let file;
  const made = comparison();
  before(async () => {
    writeFileSync(join(scratch, 'made.json'), JSON.stringify(made) + '\n');
    await run(['compare', '--from', 'made.json', '--html', 'made.html'], {codes: [1]}); // runs are not verified
    file = pathToFileURL(join(scratch, 'made.html')).href;
  });

  holds('comparison', () => file);

  test('as many marks as there are figures', limit, async () => {
    assert.deepEqual(await comparisons(file, made), {outcomes: 8, capped: 2}, 'of nine, one is not verified');
  });

  test('what is not verified is told, and not obeyed', limit, async () => {
    const page = await open(browser, file);
    const text = await page.evaluate(() => document.body.textContent);
    for (const part of [made.machine.cpu, made.work.title, made.runs.find(r => r.problem).problem, made.notes[0], "'it'\\''s <a list>.txt'"]) {
      assert.ok(text.includes(part), part);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});

test('crawl compare, measured just now', {timeout: 60_000}, async () => {
  await run(['compare', '-c', '1,20', '--modes', 'sync,loop,goroutine', '--rounds', '1', '--fetches', '300', '--syscalls=false', '-q', '--json', 'measured.json', '--html', 'measured.html']);
  const [data] = readFileSync(join(scratch, 'measured.json'), 'utf8').trim().split('\n').map(line => JSON.parse(line));
  const found = await comparisons(pathToFileURL(join(scratch, 'measured.html')).href, data);
  assert.deepEqual(found, {outcomes: 6, capped: 1}, JSON.stringify(data.runs.map(r => r.problem).filter(Boolean)));
});
