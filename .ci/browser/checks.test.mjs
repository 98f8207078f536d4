// The test of the tests: each check finds what it is there for. A page with nothing wrong passes them all, and a copy
// with one thing wrong fails exactly the check for that.
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {desktop, launch, open, phone, staysHere} from './browser.mjs';
import {scratch} from './crawl.mjs';
import {contrast, keyboard, structure, unfold, width} from './inspect.mjs';

const good = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A page</title><link rel="icon" href="data:,"><style>
:root{color-scheme:light dark;--ink:#222;--paper:#fff}@media (prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#111}}
body{color:var(--ink);background:var(--paper)} a{color:inherit} .scroll{overflow:auto;height:3em} text{fill:currentColor}
:focus-visible{outline:2px solid currentColor}
</style></head><body><main><h1>One</h1><h2>Two</h2><p>Text and <a href="#end">a link</a>, <button>a button</button></p>
<svg role="img" aria-labelledby="t" viewBox="0 0 9 9"><title id="t">A chart</title><desc>It rises.</desc><text y="5">1</text></svg>
<details><summary>More</summary><div class="scroll" tabindex="0"><table><caption>Figures</caption><tr><th>a</th></tr>
<tr><td>1</td></tr><tr><td>2</td></tr><tr><td>3</td></tr></table></div></details><p id="end">End</p></main></body></html>`;

// What is wrong, how it comes into the page, and what is said of it.
const planted = [
  ['a picture from elsewhere', '</main>', '<img alt="" src="http://192.0.2.1/x.png"></main>', /^a request would leave the machine: http:\/\/192\.0\.2\.1\/x\.png$/],
  ['a font from elsewhere', '</style>', '@font-face{font-family:f;src:url(https://fonts.example/f)}body{font-family:f}</style>', /^a request would leave the machine: https:\/\/fonts\.example\/f$/],
  ['a script from elsewhere', '</main>', '<script src="//cdn.example/x.js"></script></main>', /^a request (would leave the machine|failed): .*cdn\.example/],
  ['a message from elsewhere', '</main>', '<script>fetch("http://192.0.2.1/told").catch(() => {})</script></main>', /^a request would leave the machine: http:\/\/192\.0\.2\.1\/told$/],
  ['what a policy keeps from leaving', '<title>', '<meta http-equiv="Content-Security-Policy" content="img-src \'none\'"><title>', /^console: .*Content Security Policy/, ['</main>', '<img alt="" src="http://192.0.2.1/x.png"></main>']],
  ['an error of a script', '</main>', '<script>nothing.there()</script></main>', /^script: nothing is not defined$/],
  ['an error on the console', '</main>', '<script>console.error("bad")</script></main>', /^console: bad$/],
  ['a dialog', '</main>', '<script>alert(1)</script></main>', /^dialog: 1$/],
  ['two h1', '<h2>Two</h2>', '<h1>Two</h1>', /^2 h1, not one: /],
  ['a level left out', '<h2>Two</h2>', '<h3>Two</h3>', /^a heading of level 3 after one of level 1: /],
  ['no title of a picture', '<title id="t">A chart</title>', '', /^(a picture without a name|aria-labelledby names nothing): /],
  ['no description of a picture', '<desc>It rises.</desc>', '', /^a picture without a description: /],
  ['no caption', '<caption>Figures</caption>', '', /^a table without a caption: /],
  ['a button without a name', '>a button<', '><', /^a control without a name: /],
  ['a field without a label', '</main>', '<input></main>', /^a field without a label: /],
  ['an id twice', '<h2>', '<h2 id="end">', /^the id end is there twice: /],
  ['a link to nowhere', 'href="#end"', 'href="#there"', /^a link to nowhere: /],
  ['pale text', '<p id="end">', '<p id="end" style="color:#999">', /^contrast \d\.\d+ of p: End$/],
  ['text that fades', '<p id="end">', '<p id="end" style="opacity:.3">', /^contrast \d\.\d+ of p: End$/],
  ['pale text in a picture', '<text y="5">', '<text y="5" style="fill:#888">', /^contrast \d\.\d+ of text: 1$/],
  ['a dark page forgotten', '--ink:#ddd;', '--ink:#222;', /^contrast 1\.\d+ of /],
  ['too wide', '<p id="end">', '<p id="end" style="width:900px">', /^the document is \d+ px wide in a window of 390: /],
  ['focus not seen', ':focus-visible{outline:2px solid currentColor}', ':focus{outline:none}', /^focus cannot be seen: /],
  ['focus out of sight', '<button>', '<button style="position:fixed;left:-99px;width:9px;padding:0;overflow:hidden">', /^what has the focus is out of sight: <button/],
  ['a trap', '</main>', '<script>document.querySelector("button").addEventListener("keydown", e => e.key === "Tab" && e.preventDefault())</script></main>', /^Tab does not (leave|reach): /],
];

let browser, windows;
before(async () => {
  browser = await launch();
  windows = [await open(browser, 'about:blank', {viewport: phone}), await open(browser, 'about:blank', {viewport: desktop, colorScheme: 'dark'})];
}, {timeout: 40_000});
after(async () => { await browser?.close(); });

// findings is what all checks say of a page: on a phone in light, and if that is well, on a desk in dark.
async function findings(name, html) {
  const file = join(scratch, `${name}.html`);
  await writeFile(file, html);
  for (const page of windows) {
    page.faults.length = 0;
    await page.goto(pathToFileURL(file).href);
    await unfold(page);
    const found = [await structure(page), await width(page), await contrast(page), (await keyboard(page)).findings, page.faults].flat();
    if (found.length > 0) {
      return found;
    }
  }
  return [];
}

test('a page with nothing wrong', {timeout: 20_000}, async () => {
  assert.deepEqual(await findings('good', good), []);
});

for (const [i, [name, from, to, said, more]] of planted.entries()) {
  test(`planted: ${name}`, {timeout: 20_000}, async () => {
    let html = good.replace(from, to);
    if (more) {
      html = html.replace(...more);
    }
    assert.notEqual(html, good);
    const found = await findings(`planted-${i}`, html);
    assert.ok(found.length > 0, 'nothing was found');
    assert.ok(found.some(f => said.test(f)), `found only ${JSON.stringify(found, null, 1)}`);
  });
}

test('what stays on the machine', () => {
  for (const [url, want] of Object.entries({
    'file:///tmp/x.html': true, 'data:,': true, 'http://127.0.0.1:80/': true, 'http://127.1.2.3/': true, 'http://localhost:1/x': true, 'http://[::1]:2/': true,
    'http://127.0.0.1.example/': false, 'http://192.0.2.1/': false, 'https://127.0.0.1/': false, 'http://localhost.example/': false,
    'file://server/x': false, 'wss://example/': false, 'ftp://127.0.0.1/': false,
  })) {
    assert.equal(staysHere(url), want, url);
  }
});
