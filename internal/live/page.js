'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const span = 300; // seconds that the charts show
  let advice = {}, history = [], trusted = false, now = null, over = false, heard = 0, source = null, token = '', asked = '';

  // The token comes behind the #, which browsers do not send, and leaves the address bar for the tab's memory.
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    remember(given);
    window.history.replaceState(null, '', location.pathname);
  } else {
    try {
      token = sessionStorage.getItem('token') || '';
    } catch { /* a browser that remembers nothing */ }
  }

  function remember(t) { // '': it was wrong
    token = t;
    try {
      if (t) {
        sessionStorage.setItem('token', t);
      } else {
        sessionStorage.removeItem('token');
      }
    } catch { /* then it is for this page only */ }
  }

  const grouped = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
  const count = n => grouped.format(n);
  const few = n => n >= 100 || n === 0 ? count(n) : String(Number(n.toPrecision(3)));

  function bytes(n) {
    for (const [size, unit] of [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']]) {
      if (n >= size) {
        return (n / size).toFixed(1) + ' ' + unit;
      }
    }
    return count(n) + ' B';
  }

  function short(s) { // a time that is measured
    if (s === null || s === undefined) {
      return '–';
    }
    if (s < 1e-6) {
      return s > 0 ? '< 1 µs' : '0 s';
    }
    if (s < 1e-3) {
      return few(s * 1e6) + ' µs';
    }
    return s < 1 ? few(s * 1e3) + ' ms' : few(s) + ' s';
  }

  function long(s) { // a time to wait
    s = Math.round(s);
    if (s < 60) {
      return s + ' s';
    }
    const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
    const i = parts.findIndex(([size]) => s >= size);
    const rest = Math.floor(s % parts[i][0] / parts[i + 1][0]);
    return Math.floor(s / parts[i][0]) + ' ' + parts[i][1] + (rest ? ' ' + rest + ' ' + parts[i + 1][1] : '');
  }

  function set(id, text) {
    const e = $(id);
    if (e.textContent !== text) { // what is told again is read out again
      e.textContent = text;
    }
  }

  function rows(id, list, none) {
    const body = $(id);
    body.replaceChildren(...(list.length ? list : [[none]]).map(cells => {
      const tr = document.createElement('tr');
      for (const cell of cells) {
        const td = document.createElement('td');
        if (Array.isArray(cell)) {
          const why = document.createElement('small');
          why.textContent = cell[1];
          td.append(cell[0], why);
        } else {
          td.textContent = cell;
        }
        tr.append(td);
      }
      if (!list.length) {
        tr.firstChild.className = 'none';
        tr.firstChild.colSpan = 3;
      }
      return tr;
    }));
  }

  // chart draws one column of the history over the last minutes. Its text alternative has the same in words.
  function chart(id, column, name, format) {
    const svg = $(id), width = 300, height = 60;
    const last = history.length ? history[history.length - 1][0] : 0;
    const first = Math.max(last - span, history.length ? history[0][0] : 0);
    const shown = history.filter(p => p[0] >= first);
    const top = Math.max(...shown.map(p => p[column]), 0);
    const at = p => ((p[0] - first) / Math.max(last - first, 1) * width).toFixed(1) + ' ' +
      (height - (top > 0 ? p[column] / top : 0) * height).toFixed(1);
    const points = shown.length > 1 ? shown.map(at).join('L') : '';
    svg.querySelector('.stroke').setAttribute('d', points && 'M' + points);
    svg.querySelector('.area').setAttribute('d', points && 'M0 ' + height + 'L' + points + 'L' + width + ' ' + height + 'Z');
    const ends = svg.nextElementSibling.children;
    ends[0].textContent = last - first >= 1 ? long(last - first) + ' ago' : '';
    ends[1].textContent = 'most ' + format(top);
    svg.setAttribute('aria-label', name + ', last ' + long(last - first) + ': now ' +
      (shown.length ? format(shown[shown.length - 1][column]) : 'nothing') + ', most ' + format(top));
  }

  function steering(state) {
    const button = $('pause');
    set('pause', state === 'paused' ? 'Resume' : 'Pause');
    button.disabled = asked !== '' || state !== 'paused' && state !== 'running';
  }

  function show() {
    const s = now, list = x => x || [];
    set('state', s.state === 'stalled' ? 'does not answer' : s.state === 'done' && s.outcome ? 'done: ' + s.outcome : s.state);
    $('state').dataset.state = s.state;
    steering(s.state);
    document.title = 'crawl: ' + (s.state === 'running' ? few(s.rate) + '/s' : s.state);
    const settled = s.fetched + s.failed + s.skipped;
    for (const name of ['discovered', 'fetched', 'failed', 'skipped', 'pending', 'peak', 'concurrency', 'attempts', 'repeats', 'retrying']) {
      set(name, count(s[name]));
    }
    const about = s.total_exact || s.total_growing ? '' : 'about ';
    set('done-share', count(settled) + (s.total < 0 ? ' URLs done' : ' of ' + about + count(s.total) + (s.total_growing ? ' URLs found so far done' : ' URLs done')));
    const bar = $('progress');
    if (s.total > 0 && !s.total_growing) {
      bar.value = settled / s.total;
    } else if (s.state === 'done') {
      bar.value = 1;
    } else {
      bar.removeAttribute('value');
    }
    set('elapsed', long(s.elapsed));
    set('idled', long(s.idled));
    $('idled-part').hidden = !s.idled;
    set('eta', s.eta === null ? '–' : (s.total_growing ? 'at least ' : 'about ') + long(s.eta));
    set('eta-host', s.eta_host ? ', by the pace of ' + s.eta_host : '');
    $('eta-line').hidden = s.state === 'done' || s.state === 'ending';
    set('rate', few(s.rate));
    set('mean-rate', few((s.attempts - s.in_flight) / Math.max(s.elapsed - s.idled, 0.001)));
    set('in-flight', count(s.in_flight));
    set('bytes-rate', bytes(s.bytes_rate) + '/s');
    set('bytes', bytes(s.bytes));
    set('latency-p50', short(s.latency_p50));
    set('latency-p99', short(s.latency_p99));
    set('limits', (s.per_host ? count(s.per_host) + ' per host' : 'none per host') + (s.rate_limit ? ', ' + few(s.rate_limit) + ' fetches/s' : ''));
    set('memory', s.memory.resident ? bytes(s.memory.resident) : '–');
    set('heap', bytes(s.memory.heap));
    set('stacks', bytes(s.memory.stacks));
    rows('hosts', list(s.hosts).map(h => [h.name, (s.hosts_sampled && !s.per_host ? '≈ ' : '') + count(h.in_flight), s.per_host || s.walk ? count(h.waiting) + (h.held ? ', for robots.txt' : '') : '–']), 'none');
    $('hosts-note').hidden = !s.hosts_sampled;
    const explained = c => [[c.name, advice[c.name] || ''], count(c.n)];
    rows('classes', list(s.classes).map(explained), 'none');
    rows('pressure', list(s.pressure).map(explained), 'nothing');
    $('pressure-part').hidden = !list(s.pressure).length;
    rows('statuses', list(s.statuses).map(c => [c.name, count(c.n)]), 'none');
    $('walk-part').hidden = !s.walk;
    if (s.walk) {
      set('walk', count(s.walk.hosts) + ' known, ' + count(s.walk.held) + ' wait for robots.txt; ' + count(s.walk.queued) + ' URLs queued, ' + count(s.walk.deepest) + ' links deep');
    }
    loop(s.loop);
    chart('chart-rate', 1, 'Fetches per second', few);
    chart('chart-in-flight', 2, 'Fetches in flight', count);
    chart('chart-lag', 3, 'Loop lag, p99', short);
    chart('chart-bytes', 4, 'Received per second', bytes);
  }

  function loop(l) {
    $('loop-lag-tile').hidden = !l;
    document.querySelectorAll('.loop').forEach(e => { e.hidden = !l; });
    document.querySelectorAll('.no-loop').forEach(e => { e.hidden = !!l; });
    if (!l) {
      return;
    }
    set('loop-lag', short(l.lag_p99));
    set('loop-lag-max', short(l.lag_max));
    set('loop-utilisation', Math.round(l.utilisation * 100) + ' %');
    set('tasks', count(l.tasks));
    set('descriptors', count(l.descriptors));
    set('iterations', few(l.iterations));
  }

  function connected(text) {
    set('connection', text);
    $('connection').hidden = !text;
    document.body.classList.toggle('stale', !!text);
    if (text) {
      $('pause').disabled = true;
    } else if (now) {
      steering(now.state);
    }
  }

  function complain(text) {
    set('notice', text);
    $('notice').hidden = !text;
  }

  function take(event) {
    heard = Date.now();
    now = JSON.parse(event.data);
    over = now.state === 'done';
    connected('');
    const last = history[history.length - 1];
    if (!over && now.state !== 'stalled' && (!last || now.elapsed - last[0] > 0.4)) {
      history.push([now.elapsed, now.rate, now.in_flight, now.loop ? now.loop.lag_p99 : 0, now.bytes_rate]);
      history = history.filter(p => p[0] >= now.elapsed - span);
    }
    if (!document.hidden || over) {
      show();
    }
    if (over) {
      source.close();
    }
  }

  function connect() {
    source = new EventSource('events');
    source.addEventListener('hello', event => {
      heard = Date.now();
      ({history, advice, trusted} = JSON.parse(event.data));
    });
    source.addEventListener('snapshot', take);
    source.addEventListener('done', take);
    source.onerror = () => {
      if (over) {
        return;
      }
      connected('connection lost, trying again');
      if (source.readyState === EventSource.CLOSED) { // it was refused: the browser gives up, we do not
        setTimeout(connect, 5000);
      }
    };
  }

  async function steer(what) {
    if (!token && !trusted) {
      $('token-form').hidden = false;
      $('token').focus();
      return;
    }
    asked = what;
    steering(now.state);
    complain('');
    try {
      const answer = await fetch(what, {method: 'POST', headers: token ? {Authorization: 'Bearer ' + token} : {}});
      if (answer.status === 401 || answer.status === 403) {
        remember('');
        $('token-form').hidden = false;
        complain('The token is wrong.');
      } else if (!answer.ok) {
        complain('The crawl does not answer.');
      } else {
        now.state = (await answer.json()).state;
      }
    } catch {
      complain('The request did not arrive.');
    }
    asked = '';
    show();
  }

  $('pause').addEventListener('click', () => steer(now.state === 'paused' ? 'resume' : 'pause'));
  $('token-form').addEventListener('submit', event => {
    event.preventDefault();
    remember($('token').value.trim());
    $('token').value = '';
    $('token-form').hidden = true;
    steer(now.state === 'paused' ? 'resume' : 'pause');
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && now) {
      show();
    }
  });
  setInterval(() => {
    if (!over && heard && Date.now() - heard > 6000 && source.readyState === EventSource.OPEN) {
      connected('no news for ' + long((Date.now() - heard) / 1000));
    }
  }, 1000);
  connect();
})();
