// What every page holds, whatever it shows. Each check returns its findings, sentences; none is good.

// structure: headings, names and text alternatives.
export function structure(page) {
  return page.evaluate(() => {
    const findings = [];
    const say = (what, element) => findings.push(`${what}: ${element ? element.outerHTML.slice(0, 120) : 'the page'}`);
    const textOf = ids => (ids || '').split(/\s+/).map(id => document.getElementById(id)?.textContent || '').join(' ').trim();
    const label = e => (e.getAttribute('aria-label') || textOf(e.getAttribute('aria-labelledby'))).trim();

    if (!document.documentElement.lang) say('no language');
    if (!document.title.trim()) say('no title');
    if (!document.querySelector('meta[name=viewport]')) say('no viewport for phones');
    const h1 = document.querySelectorAll('h1');
    if (h1.length !== 1) say(`${h1.length} h1, not one`);
    if (document.querySelectorAll('main').length !== 1) say('not one main');
    let level = 0;
    for (const h of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
      if (!h.checkVisibility()) continue;
      const next = Number(h.tagName[1]);
      if (next > level + 1) say(`a heading of level ${next} after one of level ${level}`, h);
      if (!h.textContent.trim()) say('an empty heading', h);
      level = next;
    }
    for (const svg of document.querySelectorAll('svg')) {
      if (svg.getAttribute('aria-hidden') === 'true') continue;
      const child = name => svg.querySelector(`:scope > ${name}`)?.textContent.trim();
      if (svg.getAttribute('role') !== 'img') say('a picture without the role img', svg);
      if (!label(svg) && !child('title')) say('a picture without a name', svg);
      if (!child('desc') && !svg.getAttribute('aria-description') && !textOf(svg.getAttribute('aria-describedby')) && label(svg) === (child('title') || '')) {
        say('a picture without a description', svg);
      }
    }
    for (const table of document.querySelectorAll('table')) {
      if (!table.caption?.textContent.trim() && !label(table)) say('a table without a caption', table);
      if (!table.querySelector('th')) say('a table without headings', table);
    }
    for (const img of document.querySelectorAll('img')) {
      if (!img.hasAttribute('alt')) say('an image without a text', img);
    }
    for (const e of document.querySelectorAll('a[href],button,summary')) {
      if (!label(e) && !e.textContent.trim()) say('a control without a name', e);
    }
    for (const e of document.querySelectorAll('input,select,textarea')) {
      if (!label(e) && !e.labels?.length) say('a field without a label', e);
    }
    const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
    for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) say(`the id ${id} is there twice`);
    for (const e of document.querySelectorAll('[aria-labelledby],[aria-describedby]')) {
      for (const name of ['aria-labelledby', 'aria-describedby']) {
        if (e.hasAttribute(name) && !textOf(e.getAttribute(name))) say(`${name} names nothing`, e);
      }
    }
    for (const a of document.querySelectorAll('a[href^="#"]')) {
      const id = decodeURIComponent(a.getAttribute('href').slice(1));
      if (id && !document.getElementById(id)) say('a link to nowhere', a);
    }
    return findings;
  });
}

// unfold opens what is folded, so that it is looked at too.
export function unfold(page) {
  return page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
}

// width: the document is no wider than the window. Boxes that scroll on their own may be.
export function width(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1);
    return [`the document is ${root.scrollWidth} px wide in a window of ${root.clientWidth}: ${wide.slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join(' | ')}`];
  });
}

// contrast: WCAG 2.2, 1.4.3, of every text that is shown against what is painted behind it, whatever its size: 4.5.
// Colours are those that the browser has computed; pictures behind a text are not looked at.
export function contrast(page, least = 4.5) {
  return page.evaluate(least => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    const known = new Map();
    const rgba = css => {
      if (!known.has(css)) {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = css;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        known.set(css, [r, g, b, a / 255]);
      }
      return known.get(css);
    };
    const over = (top, below, alpha = top[3]) => [0, 1, 2].map(i => top[i] * alpha + below[i] * (1 - alpha)).concat(1);
    const luminance = c => {
      const [r, g, b] = c.slice(0, 3).map(v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => {
      const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
      return (high + 0.05) / (low + 0.05);
    };
    const probe = document.body.appendChild(document.createElement('div'));
    probe.style.backgroundColor = 'Canvas';
    const paper = rgba(getComputedStyle(probe).backgroundColor);
    probe.remove();
    const seen = new Map(); // what is behind the text of an element, and how opaque it is
    const about = e => {
      if (!e) return {ground: paper, opacity: 1};
      if (!seen.has(e)) {
        const outside = about(e.parentElement), style = getComputedStyle(e);
        seen.set(e, {ground: over(rgba(style.backgroundColor), outside.ground), opacity: outside.opacity * Number(style.opacity)});
      }
      return seen.get(e);
    };

    const worst = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let texts = 0;
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim(), e = walker.currentNode.parentElement;
      if (!text || e.closest('title,desc,style,script,noscript,:disabled') || !e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const box = range.getBoundingClientRect(), frame = e.getBoundingClientRect();
      if (box.width < 1 || frame.width <= 1 || frame.height <= 1 || box.right <= 0 || box.bottom + scrollY <= 0) continue; // for who listens only
      texts++;
      const style = getComputedStyle(e), {ground, opacity} = about(e);
      const ink = rgba(e instanceof SVGElement ? style.fill : style.color);
      const r = ratio(over(ink, ground, ink[3] * opacity), ground);
      const where = `${e.tagName.toLowerCase()}${e.getAttribute('class') ? '.' + e.getAttribute('class').split(' ').join('.') : ''}`;
      if (r < least && !(worst.get(where)?.r <= r)) worst.set(where, {r, text});
    }
    const findings = [...worst].map(([where, {r, text}]) => `contrast ${r.toFixed(2)} of ${where}: ${text.slice(0, 60)}`);
    return texts ? findings : [...findings, 'no text is shown'];
  }, least);
}

// keyboard: Tab reaches every control and every box that scrolls, can be seen there, and gets out again.
export async function keyboard(page) {
  const names = await page.evaluate(() => {
    const scrolls = e => {
      const s = getComputedStyle(e);
      const may = v => v === 'auto' || v === 'scroll';
      return may(s.overflowX) && e.scrollWidth > e.clientWidth + 1 || may(s.overflowY) && e.scrollHeight > e.clientHeight + 1;
    };
    const control = e => e.matches('a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex]') && e.tabIndex >= 0 && !e.matches(':disabled');
    const all = [...document.body.querySelectorAll('*')].filter(e => e.checkVisibility({visibilityProperty: true}) && (control(e) || scrolls(e)));
    const look = e => {
      const s = getComputedStyle(e);
      return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor].join();
    };
    document.activeElement?.blur();
    window.getSelection().removeAllRanges();
    window.stops = all.map(e => ({element: e, before: look(e), reached: false}));
    window.stopsLook = look;
    return all.map(e => e.outerHTML.slice(0, 100));
  });
  const findings = new Set();
  let last = -2, rounds = 0;
  for (let i = 0; i < 3 * names.length + 5; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const stop = window.stops.find(s => s.element === e);
      if (!stop) return {index: -1, body: e === document.body || e === document.documentElement, html: e?.outerHTML.slice(0, 100)};
      stop.reached = true;
      const box = e.getBoundingClientRect();
      return {
        index: window.stops.indexOf(stop), seen: window.stopsLook(e) !== stop.before,
        inside: box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight && box.width > 0 && box.height > 0,
      };
    });
    if (at.index < 0) {
      if (!at.body) findings.add(`Tab stops at what is no control: ${at.html}`);
      else if (i > 0 && ++rounds === 2) break; // where it begins is up to the page: a field may have had the focus
      continue;
    }
    if (!at.seen) findings.add(`focus cannot be seen: ${names[at.index]}`);
    if (!at.inside) findings.add(`what has the focus is out of sight: ${names[at.index]}`);
    if (at.index === last) findings.add(`Tab does not leave: ${names[at.index]}`);
    last = at.index;
  }
  const missed = await page.evaluate(() => window.stops.filter(s => !s.reached).map(s => window.stops.indexOf(s)));
  for (const i of missed) findings.add(`Tab does not reach: ${names[i]}`);
  return {findings: [...findings], stops: names.length};
}
