// The browser of the tests: Debian's Chromium, started with an empty profile, and watched.
import {rmSync} from 'node:fs';
import {mkdir, mkdtemp} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

// Milliseconds for anything that a page is waited for.
export const patience = 10_000;

const flags = [
  '--no-sandbox', // for who is root, in a container
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--disable-default-apps',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.*', // should a page ask for a name, nobody is asked for it
];

// launch starts a browser. It has a new profile and a new home, so that nothing of a user's is read or written.
export async function launch() {
  const home = await mkdtemp(join(tmpdir(), 'crawl-browser-'));
  process.on('exit', () => rmSync(home, {recursive: true, force: true}));
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: flags, timeout: 30_000,
    env: {PATH: process.env.PATH, HOME: home, TMPDIR: tmpdir(), LANG: 'C.UTF-8'},
  });
}

export const phone = {width: 390, height: 844};
export const desktop = {width: 1280, height: 900};

// open shows a URL in a new context: a browser window that shares nothing with another. What goes wrong there is
// collected in page.faults: requests that would leave the machine, failed ones, messages of the console, errors of scripts.
export async function open(browser, url, {viewport = desktop, colorScheme = 'light', reducedMotion = 'reduce'} = {}) {
  const context = await browser.newContext({viewport, colorScheme, reducedMotion, isMobile: viewport === phone, hasTouch: viewport === phone});
  context.setDefaultTimeout(patience);
  await context.route(address => !staysHere(address.href), route => route.abort()); // a test that finds it does not do it
  const page = await context.newPage();
  page.faults = [];
  page.asked = [];
  const fault = text => page.faults.push(text);
  page.on('request', request => {
    page.asked.push(request.url());
    if (!staysHere(request.url())) {
      fault(`a request would leave the machine: ${request.url()}`);
    }
  });
  page.on('requestfailed', request => {
    // Events are a response without an end: going away ends it.
    if (request.resourceType() !== 'eventsource') {
      fault(`a request failed: ${request.url()}: ${request.failure()?.errorText}`);
    }
  });
  page.on('websocket', socket => staysHere(socket.url()) || fault(`a socket would leave the machine: ${socket.url()}`));
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') {
      fault(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', error => fault(`script: ${error.message}`));
  page.on('crash', () => fault('the page has crashed'));
  page.on('dialog', dialog => {
    fault(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  await page.goto(url, {waitUntil: 'load'});
  return page;
}

// staysHere tells a file, data or an address of loopback from everything else.
export function staysHere(address) {
  const url = new URL(address);
  switch (url.protocol) {
    case 'file:':
      return url.host === '';
    case 'data:':
    case 'about:':
    case 'blob:':
      return true;
    case 'http:':
    case 'ws:':
      return ['localhost', '[::1]'].includes(url.hostname) || /^127(\.\d+){3}$/.test(url.hostname);
  }
  return false;
}

// shot keeps a picture of a page in $BROWSER_SHOTS.
export async function shot(page, name) {
  const directory = process.env.BROWSER_SHOTS;
  if (!directory) {
    return;
  }
  await mkdir(directory, {recursive: true});
  await page.screenshot({path: join(directory, `${name}.png`), fullPage: true, timeout: patience});
}
