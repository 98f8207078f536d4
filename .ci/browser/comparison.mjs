// A comparison that is made up: three modes, one with a cap, one run that is not verified, a warm-up that does not count.
import {deflateSync} from 'node:zlib';

const levels = [1, 10, 100];
const modes = {sync: {cap: 1, cost: 16}, loop: {cap: 1 << 20, cost: 12}, nethttp: {cap: 1 << 20, cost: 40}};

export function comparison() {
  const runs = [];
  for (const concurrency of levels) {
    for (const round of [0, 1, 2, 3]) {
      for (const [mode, {cap, cost}] of Object.entries(modes)) {
        const reached = Math.min(cap, concurrency), fetches = 1000, drift = 1 + round / 50;
        const took = cost * drift * 1e-6 * fetches;
        const latencies = Array.from({length: fetches}, (_, i) => Math.min(2000, Math.floor(20 + cost * reached / 10 + i / 10)));
        const at = p => latencies[Math.min(fetches - 1, Math.ceil(p * fetches) - 1)];
        runs.push({
          mode, concurrency, round, reached, fetches, connections: reached, wall: took * 1.1, user: took * 0.4, system: took * 0.6,
          peak_memory: 12_000_000 + reached * 4000, base_memory: 11_000_000, threads: 5, voluntary: 3, involuntary: 1, collections: 0,
          pause_total: 0, pause_max: 0, foreign: 0, start_cpu: 0.01, note: reached < concurrency ? `at its cap of ${cap}` : undefined,
          problem: mode === 'nethttp' && concurrency === 100 ? '3 of 1,000 bodies <b>differ</b> from what the origin says' : undefined,
          latency: {p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1), histogram: histogram(latencies)},
          in_flight: {step: took / 10, counts: Array.from({length: 10}, (_, i) => Math.max(1, reached - i))},
          sample: Array.from({length: 7}, (_, i) => ({
            fetch: i * 100, begin: i * 1000, connected: i < 2 ? i * 1000 + 90 : undefined, first_byte: i * 1000 + 400, end: i * 1000 + 500,
          })),
        });
      }
    }
  }
  return {
    version: 1, program: 'crawl test', command: ['crawl', 'compare', '-i', "it's <a list>.txt"], started: '2026-11-22T09:30:00Z', took: 12.5, rounds: 3, runs,
    machine: {os: 'linux', arch: 'amd64', cpu: '<script>alert("cpu")</script>', cpus: 2, go: 'go1.26', origin_cpu: 0, client_cpu: 1},
    work: {urls: 1000, size: 2048, title: 'pages <img src="http://192.0.2.1/x.png"> of a fast origin'}, notes: ['"quoted" & noted'],
  };
}

// histogram is HdrHistogram's V2 form of values below 2048, compressed: there, with three digits, each has a counter of
// its own. Runs of zeros are one negative number.
function histogram(values) {
  const counts = new Array(2048).fill(0);
  values.forEach(v => counts[v]++);
  const payload = [];
  const number = n => {
    let z = n >= 0 ? BigInt(n) * 2n : BigInt(-n) * 2n - 1n;
    for (; z >= 128n; z >>= 7n) payload.push(Number(z & 127n) | 128);
    payload.push(Number(z));
  };
  for (let i = 0, last = Math.max(...values); i <= last;) {
    let zeros = 0;
    while (i + zeros <= last && counts[i + zeros] === 0) zeros++;
    number(zeros > 0 ? -zeros : counts[i]);
    i += zeros || 1;
  }
  const head = Buffer.alloc(40);
  head.writeUInt32BE(0x1c849313, 0);
  head.writeUInt32BE(payload.length, 4);
  head.writeUInt32BE(3, 12); // digits; before it the offset, which is 0
  head.writeBigUInt64BE(1n, 16);
  head.writeBigUInt64BE(60_000_000n, 24);
  head.writeDoubleBE(1, 32);
  const packed = deflateSync(Buffer.concat([head, Buffer.from(payload)]));
  const cover = Buffer.alloc(8);
  cover.writeUInt32BE(0x1c849314, 0);
  cover.writeUInt32BE(packed.length, 4);
  return Buffer.concat([cover, packed]).toString('base64');
}
