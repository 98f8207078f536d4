//go:build unix

package crawler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/fetch"
)

// TestConcurrency: as many fetches as allowed are in flight, and never more, whatever the hosts.
func TestConcurrency(t *testing.T) {
	for _, n := range []int{1, 2, 50, 1000} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Second}))
			c, out := crawlOf(w, f, strings.NewReader(listOf(3*n, 7)), Options{Concurrency: n})
			run(t, w, c)
			took := f.begins[len(f.begins)-1].Sub(f.begins[0])
			if s := c.Stats(); f.peak != n || s.Peak != n || took != 2*time.Second || len(parseRows(t, out.String())) != 3*n {
				t.Errorf("%d: peak %d, %d in Stats; the last began after %v", n, f.peak, s.Peak, took)
			}
		})
	}
}

// TestConcurrencyDefault: without options a crawl fetches one URL after the other.
func TestConcurrencyDefault(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(5, 5)), Options{})
		run(t, w, c)
		if f.peak != 1 || f.total() != 5 {
			t.Errorf("peak %d, %d fetches", f.peak, f.total())
		}
	})
}

// TestHiring: no more workers are started than there is work for, one or two for looking.
func TestHiring(t *testing.T) {
	for _, from := range []string{"list", "arguments"} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Minute}))
			urls, list := []string{"http://a/", "http://b/", "http://c/"}, ""
			if from == "list" {
				urls, list = nil, "http://a/\nhttp://b/\nhttp://c/\n"
			}
			c := New(w, f, NewSource(urls, "list", strings.NewReader(list)), NewSink("output", &output{}), Options{Concurrency: 10_000})
			most := 0
			f.ended = func(string, int) { most = max(most, c.Stats().Workers) }
			run(t, w, c)
			if most > 4 || f.peak != 3 {
				t.Errorf("%d workers for 3 URLs, peak %d", most, f.peak)
			}
		})
	}
}

// TestPerHost: the limit of a host is reached and never passed, and a slow host keeps nobody else waiting, also
// where the list is more of the slow one than is looked ahead, and comes back to it.
func TestPerHost(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		var list strings.Builder
		for i := range 100 {
			fmt.Fprintf(&list, "http://slow/%d\n", i)
		}
		list.WriteString(listOf(1000, 10))
		f := newFakeFetcher(w, func(url string, _ int) answer {
			if strings.HasPrefix(url, "http://slow/") {
				return answer{after: time.Hour}
			}
			return answer{after: time.Second}
		})
		c, _ := crawlOf(w, f, strings.NewReader(list.String()), Options{Concurrency: 1000, PerHost: 3})
		run(t, w, c)
		if f.perHostPeak != 3 {
			t.Errorf("%d in flight for one host", f.perHostPeak)
		}
		last := time.Time{}
		for url, spans := range f.spans {
			if !strings.HasPrefix(url, "http://slow/") && spans[0].end.After(last) {
				last = spans[0].end
			}
		}
		if took := last.Sub(f.begins[0]); took != 34*time.Second { // 100 of each, 3 at a time
			t.Errorf("the quick hosts took %v", took)
		}
		if n := len(c.dispatch.hosts); n != 0 {
			t.Errorf("%d hosts are still known at the end", n)
		}
	})
}

// TestPerHostIsOfPortToo: a host and port is one, another port another, whatever the scheme's default is written as.
func TestPerHostIsOfPortToo(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		list := "http://a/\nhttp://a:80/1\nhttp://a:8080/\nhttp://b/\n"
		c, _ := crawlOf(w, f, strings.NewReader(list), Options{Concurrency: 10, PerHost: 1})
		run(t, w, c)
		if f.peak != 3 || f.perHostPeak != 1 {
			t.Errorf("peak %d, %d for one host", f.peak, f.perHostPeak)
		}
	})
}

// TestPerHostIsOfOrigin: http and https of a host are two, each with a limit of its own, whatever user they are asked as,
// and what shows the busiest hosts tells them apart.
func TestPerHostIsOfOrigin(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Minute}))
		list := "http://h/1\nhttps://h/2\nhttp://me@h/3\nhttps://h:443/4\nhttps://h:80/5\n"
		c, _ := crawlOf(w, f, strings.NewReader(list), Options{Concurrency: 10, PerHost: 1})
		var got HostList
		w.After(time.Second, func() { got = c.Hosts(10) })
		run(t, w, c)
		want := []Host{{Name: "h", InFlight: 1, Waiting: 1}, {Name: "https://h", InFlight: 1, Waiting: 1}, {Name: "https://h:80", InFlight: 1, Waiting: 0}}
		if !slices.Equal(got.Busiest, want) {
			t.Errorf("%+v, want %+v", got.Busiest, want)
		}
	})
}

// TestLookahead: what is held back for one host is bounded, and once there is room the list is read on, one URL
// for each that has gone, so that the hosts behind get their turn.
func TestLookahead(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const lookahead = 10_000
		g := &generated{n: 1_000_000, line: func(i int) string {
			if i == lookahead+5 {
				return "http://b/\n"
			}
			return "http://a/1234567890\n"
		}}
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, g, Options{Concurrency: 100, PerHost: 1})
		most := int64(0)
		f.ended = func(_ string, n int) {
			s := c.Stats()
			most = max(most, s.Ledger.Pending)
			if f.total() == 100 {
				c.Drain()
			}
		}
		run(t, w, c)
		if most > lookahead+3 {
			t.Errorf("%d URLs were held", most)
		}
		if g.taken > 4*chunkSize {
			t.Errorf("%d bytes of the list were read", g.taken)
		}
		if spans := f.spans["http://b/"]; len(spans) == 0 {
			t.Error("the host behind was not asked")
		} else if after := spans[0].begin.Sub(f.begins[0]); after > 6*time.Second {
			t.Errorf("the host behind was asked after %v", after)
		}
	})
}

// TestInterleaved: where a list names many hosts in turn, they are asked in turn.
func TestInterleaved(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const hosts, each = 50, 4
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(hosts*each, hosts)), Options{Concurrency: 1000, PerHost: 1})
		run(t, w, c)
		for url, spans := range f.spans {
			var host, i int
			if _, err := fmt.Sscanf(url, "http://h%d/%d", &host, &i); err != nil {
				t.Fatal(err)
			}
			if round := spans[0].begin.Sub(f.begins[0]); round != time.Duration(i/hosts)*time.Second {
				t.Errorf("%s was asked after %v", url, round)
			}
		}
	})
}

// TestOrder: one at a time, a list is fetched in its order.
func TestOrder(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		var order []string
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		f.begun = func(url string, _ int) { order = append(order, url+"\n") }
		c, _ := crawlOf(w, f, strings.NewReader(listOf(30, 3)), Options{Concurrency: 1, PerHost: 1})
		run(t, w, c)
		if got := strings.Join(order, ""); got != listOf(30, 3) {
			t.Errorf("fetched in the order\n%s", got)
		}
	})
}

// TestRate: starts are spaced evenly, however long the fetches take, and the rate is kept up to.
func TestRate(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		n     int
		after time.Duration
	}{
		{10, 100, 10 * time.Second}, {10, 100, 0}, {1000, 2000, 300 * time.Millisecond}, {0.5, 10, time.Minute}, {30.0 / 60, 5, 0}, {1e6, 1000, time.Second},
	} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: c.after}))
			crawl, _ := crawlOf(w, f, strings.NewReader(listOf(c.n, 3)), Options{Concurrency: 10_000, Rate: c.rate})
			run(t, w, crawl)
			checkRate(t, f.begins, c.rate)
			first, last := slices.MinFunc(f.begins, time.Time.Compare), slices.MaxFunc(f.begins, time.Time.Compare)
			took, want := last.Sub(first), time.Duration(float64(c.n-1)/c.rate*float64(time.Second))
			if took > want || took < want-10*time.Millisecond-time.Microsecond {
				t.Errorf("%v per second, fetches of %v: %d were begun within %v, want %v", c.rate, c.after, c.n, took, want)
			}
		})
	}
}

// TestRateAfterPause: a list that pauses does not give leave to make up for it in a rush.
func TestRateAfterPause(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		pauses := []time.Duration{0, time.Hour, 0}
		w.delay = func() (d time.Duration) {
			if len(pauses) > 0 {
				d, pauses = pauses[0], pauses[1:]
			}
			return d
		}
		f := newFakeFetcher(w, always(answer{}))
		list := &slowList{rest: listOf(100, 1), chunk: 50 * len("http://h0/1\n")}
		c, _ := crawlOf(w, f, list, Options{Concurrency: 100, Rate: 20})
		run(t, w, c)
		checkRate(t, f.begins, 20)
		if took := f.begins[99].Sub(f.begins[0]); took < time.Hour {
			t.Errorf("it took %v", took)
		}
	})
}

// TestRateEnd: the crawl ends with its last fetch, and not when the next might begin.
func TestRateEnd(t *testing.T) {
	for _, from := range []string{"list", "arguments"} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Second}))
			urls, list := []string{"http://a/"}, ""
			if from == "list" {
				urls, list = nil, "http://a/"
			}
			c := New(w, f, NewSource(urls, "list", strings.NewReader(list)), NewSink("output", &output{}), Options{Concurrency: 5, Rate: 1.0 / 3600})
			run(t, w, c)
			if took := c.Stats().Elapsed; took != time.Second {
				t.Errorf("from %s: it took %v", from, took)
			}
		})
	}
}

// TestRetry: what may go better is tried again, as often as allowed, each time after twice the pause, half of it
// left to chance; the record is that of the last attempt.
func TestRetry(t *testing.T) {
	const delay, retries = 100 * time.Millisecond, 12
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(url string, attempt int) answer {
			switch {
			case strings.HasSuffix(url, "/recovers") && attempt == 3:
				return answer{status: 204}
			case strings.HasSuffix(url, "/status"):
				return answer{status: 503, after: time.Second}
			case strings.HasSuffix(url, "/final"):
				return answer{class: fetch.ProtocolHead}
			}
			return answer{class: fetch.ConnectRefused, after: time.Second}
		})
		list := "http://a/fails\nhttp://a/recovers\nhttp://a/status\nhttp://a/final\n"
		c, out := crawlOf(w, f, strings.NewReader(list), Options{Concurrency: 10, Retries: retries, RetryDelay: delay})
		run(t, w, c)
		rows := rowsByURL(t, out.String())
		for url, want := range map[string]row{
			"http://a/fails":    {Class: "connect.refused", Attempts: retries + 1},
			"http://a/recovers": {Class: "ok", Status: 204, Attempts: 3},
			"http://a/status":   {Class: "ok", Status: 503, Attempts: retries + 1},
			"http://a/final":    {Class: "protocol.head", Attempts: 1},
		} {
			if got := rows[url]; got.Class != want.Class || got.Status != want.Status || got.Attempts != want.Attempts || len(f.spans[url]) != want.Attempts {
				t.Errorf("%s: %+v, want %+v; %d attempts seen", url, got, want, len(f.spans[url]))
			}
			for i, attempt := range f.spans[url][1:] {
				pause, most := attempt.begin.Sub(f.spans[url][i].end), min(delay<<i, maxRetryDelay)
				if pause < most/2 || pause > most {
					t.Errorf("%s: %v before attempt %d, want %v to %v", url, pause, i+2, most/2, most)
				}
			}
		}
	})
}

// TestRetryJitter: what failed together does not come back together.
func TestRetryJitter(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(_ string, attempt int) answer { return answer{status: []int{503, 200}[attempt-1]} })
		c, _ := crawlOf(w, f, strings.NewReader(listOf(1000, 1)), Options{Concurrency: 1000, Retries: 1})
		run(t, w, c)
		var pauses []time.Duration
		for _, s := range f.spans {
			pauses = append(pauses, s[1].begin.Sub(s[0].end))
		}
		slices.Sort(pauses)
		if pauses[0] < time.Second/2 || pauses[999] > time.Second || pauses[250] > 700*time.Millisecond || pauses[750] < 800*time.Millisecond {
			t.Errorf("pauses from %v to %v, quartiles %v and %v", pauses[0], pauses[999], pauses[250], pauses[750])
		}
	})
}

// TestRetryDelayBounds: the pause stays within its bounds for any options, however often it is doubled.
func TestRetryDelayBounds(t *testing.T) {
	for _, delay := range []time.Duration{1, time.Second, time.Hour, 1 << 62} {
		c := &Crawler{options: Options{RetryDelay: delay}}
		for attempts := 1; attempts < 100; attempts++ {
			if d := c.retryDelay(attempts); d < 0 || d > maxRetryDelay {
				t.Errorf("%v after %d attempts of a delay of %v", d, attempts, delay)
			}
		}
	}
}

// TestRetryWithRate: a URL that is due again is begun, also where the rate has the next start before it, or after.
func TestRetryWithRate(t *testing.T) {
	for _, rate := range []float64{0.1, 10, 1000} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{class: fetch.ConnectRefused}))
			c, out := crawlOf(w, f, strings.NewReader("http://a/"), Options{Concurrency: 10, Rate: rate, Retries: 2})
			run(t, w, c)
			checkRate(t, f.begins, rate)
			if rows := parseRows(t, out.String()); len(rows) != 1 || rows[0].Attempts != 3 {
				t.Errorf("%+v", rows)
			}
		})
	}
}

// TestMayGoBetter: which ends are tried again, for each class there is.
func TestMayGoBetter(t *testing.T) {
	again := []fetch.Class{
		fetch.DNSServFail, fetch.DNSFailed, fetch.DNSTimeout, fetch.ConnectRefused, fetch.ConnectUnreachable, fetch.ConnectFailed,
		fetch.TimeoutConnect, fetch.TimeoutTLS, fetch.TimeoutWrite, fetch.TimeoutFirstByte, fetch.TimeoutRead, fetch.TimeoutTotal,
		fetch.ClosedReset, fetch.ClosedEarly, fetch.ProtocolTruncated,
		fetch.LocalDescriptors, fetch.LocalPorts, fetch.LocalMemory, fetch.LocalLate,
		fetch.ProxyConnect, fetch.ProxyFailed, fetch.ProxySOCKS, fetch.TimeoutProxy,
	}
	for _, a := range fetch.Classes() {
		if got, want := mayGoBetter(a.Class, 0), slices.Contains(again, a.Class); got != want {
			t.Errorf("%s: %v", a.Class, got)
		}
	}
	for status := 100; status < 1000; status++ {
		want := slices.Contains([]int{408, 429, 502, 503, 504}, status)
		if got := mayGoBetter(fetch.OK, status); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
	if mayGoBetter(fetch.ProtocolHead, 503) {
		t.Error("a response that broke off is judged by its class")
	}
}

// TestRetryBeforeList: a URL that is due is not kept waiting by a long list.
func TestRetryBeforeList(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(url string, attempt int) answer {
			if url == "http://h0/0" && attempt == 1 {
				return answer{class: fetch.ConnectRefused}
			}
			return answer{after: time.Second}
		})
		c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 1)), Options{Concurrency: 1, Retries: 1})
		run(t, w, c)
		if pause := f.spans["http://h0/0"][1].begin.Sub(f.spans["http://h0/0"][0].end); pause > 2*time.Second {
			t.Errorf("tried again after %v", pause)
		}
	})
}

// TestDrain: nothing is begun any more, what is in flight ends and has its record, the rest stays pending.
func TestDrain(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(url string, _ int) answer {
			if url == "http://h1/1" {
				return answer{after: 30 * time.Second, class: fetch.ConnectRefused} // would be tried again
			}
			return answer{after: time.Minute}
		})
		c, out := crawlOf(w, f, strings.NewReader(listOf(100, 10)), Options{Concurrency: 5, PerHost: 1, Retries: 3})
		w.After(10*time.Second, c.Drain)
		w.After(11*time.Second, func() {
			if s := c.Stats(); !s.Draining || s.InFlight != 5 || s.Ledger.Pending != s.Ledger.Discovered {
				t.Errorf("a second later: %+v", s)
			}
			c.Drain() // once more changes nothing
		})
		run(t, w, c)
		s := c.Stats()
		if f.total() != 5 || s.Ledger.Fetched != 4 || s.Ledger.Failed != 1 || s.Ledger.Pending != s.Ledger.Discovered-5 {
			t.Errorf("%d fetches, %s", f.total(), s.Ledger.String())
		}
		if rows := rowsByURL(t, out.String()); len(rows) != 5 || rows["http://h1/1"].Attempts != 1 {
			t.Errorf("%+v", rows)
		}
		if c.Err() != nil || s.Elapsed != time.Minute {
			t.Errorf("%v, after %v", c.Err(), s.Elapsed)
		}
	})
}

// TestDrainWhileWaiting: workers that wait, for the rate, for another attempt, for a host or for the list, end.
func TestDrainWhileWaiting(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := true
		w.delay = func() time.Duration {
			if first {
				first = false
				return 0
			}
			return 10 * time.Hour // the next chunk
		}
		f := newFakeFetcher(w, func(_ string, attempt int) answer { return answer{status: 503} })
		list := &slowList{rest: listOf(100, 3), chunk: 500}
		c, _ := crawlOf(w, f, list, Options{Concurrency: 20, PerHost: 1, Rate: 1, Retries: 100})
		w.After(90*time.Second, c.Drain)
		run(t, w, c)
		if s := c.Stats(); s.Elapsed != 90*time.Second || s.Ledger.Pending == 0 || s.InFlight != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestDrainBeforeStart: a crawl that is drained before it starts fetches nothing.
func TestDrainBeforeStart(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{}))
		c, out := crawlOf(w, f, strings.NewReader(listOf(3, 1)), Options{Concurrency: 5})
		c.Drain()
		run(t, w, c)
		if f.total() != 0 || out.String() != "" || c.Stats().Ledger.Discovered != 0 {
			t.Errorf("%d fetches, %q", f.total(), out.String())
		}
	})
}

// TestNothingSpins: while a rate or a slow list holds everything back, the loop does next to nothing, with a
// hundred idle workers or with one.
func TestNothingSpins(t *testing.T) {
	for _, workers := range []int{1, 100} {
		t.Run(fmt.Sprintf("rate, %d workers", workers), func(t *testing.T) {
			w := newLoopWorld(t)
			f := newFakeFetcher(w, always(answer{after: time.Minute * time.Duration(workers/100)}))
			c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 1)), Options{Concurrency: workers, Rate: 1})
			run(t, w, c)
			checkCalm(t, w, 100)
		})
		t.Run(fmt.Sprintf("list, %d workers", workers), func(t *testing.T) {
			w := newLoopWorld(t)
			w.delay = func() time.Duration { return time.Minute }
			f := newFakeFetcher(w, func(url string, _ int) answer {
				if url == "http://h0/0" || url == "http://h0/1" { // so that there are idle workers
					return answer{after: time.Minute}
				}
				return answer{}
			})
			list := &slowList{rest: listOf(100, 1), chunk: 12}
			c, _ := crawlOf(w, f, list, Options{Concurrency: workers})
			run(t, w, c)
			checkCalm(t, w, 100)
		})
		t.Run(fmt.Sprintf("host, %d workers", workers), func(t *testing.T) {
			w := newLoopWorld(t)
			f := newFakeFetcher(w, always(answer{after: time.Minute}))
			c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 1)), Options{Concurrency: workers, PerHost: 1})
			run(t, w, c)
			checkCalm(t, w, 100)
		})
		t.Run(fmt.Sprintf("full lookahead, %d workers", workers), func(t *testing.T) {
			w := newLoopWorld(t)
			f := newFakeFetcher(w, always(answer{after: time.Minute}))
			c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 1)), Options{Concurrency: workers, PerHost: 1})
			c.dispatch.lookahead = 3
			run(t, w, c)
			checkCalm(t, w, 100)
		})
	}
}

// checkCalm checks how often the loop went round, and how much it ran, for that many fetches.
func checkCalm(t *testing.T, w *world, fetches uint64) {
	t.Helper()
	m := w.loop.Metrics()
	t.Logf("%d iterations, %d steps and callbacks", m.Iterations, m.Callbacks)
	if m.Iterations > 10*fetches || m.Callbacks > 10*fetches {
		t.Errorf("%d iterations of the loop, %d steps and callbacks, for %d fetches", m.Iterations, m.Callbacks, fetches)
	}
}

// TestTurnoversWhileWaiting: a worker that finds nothing to do does not ask again until something has changed.
func TestTurnoversWhileWaiting(t *testing.T) {
	w := newLoopWorld(t)
	f := newFakeFetcher(w, always(answer{after: time.Hour}))
	c, _ := crawlOf(w, f, strings.NewReader(listOf(10, 1)), Options{Concurrency: 100, PerHost: 1})
	var before, after uint64
	w.After(time.Minute, func() { before = w.loop.Metrics().Callbacks })
	w.After(59*time.Minute, func() {
		after = w.loop.Metrics().Callbacks
		c.Drain()
	})
	run(t, w, c)
	if after-before > 2 { // these two
		t.Errorf("%d callbacks and steps in an hour in which nothing happened", after-before)
	}
}
