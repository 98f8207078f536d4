package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"crawl/internal/crawler"
)

func noAdvice(string) string { return "" }

// written is records as the crawler writes them: some hosts, one of which fails, one of which is slow.
func written(n int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var b []byte
	for i := range n {
		host := []string{"fast.example.com", "slow.example.com:8080", "FLAKY.example.com"}[i%3]
		r := crawler.Record{
			URL: fmt.Sprintf("http://%s/p/%d", host, i), Status: 200, Class: classOK, Attempts: 1, MediaType: "text/html", Charset: "utf-8",
			BytesWire: 2310, BytesBody: 2048, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: at,
		}
		r.Timings.FirstByte, r.Timings.Body = time.Duration(800+rng.IntN(400))*time.Microsecond, 20*time.Microsecond
		if i%3 == 1 {
			r.Timings.FirstByte *= 100
		}
		r.Timings.Total = r.Timings.FirstByte + r.Timings.Body
		switch {
		case i%30 == 2:
			r.Status, r.Class, r.Err, r.Attempts = 0, "timeout.first_byte", errors.New("no answer\x1b[2J <b>"), 3
			r.Timings.Connect, r.Timings.FirstByte, r.Timings.Body, r.Timings.Total = 900*time.Microsecond, 0, 0, 2*time.Second
		case i%50 == 5:
			r.Status, r.Lag = 404, 3*time.Millisecond
		case i%97 == 9:
			r = crawler.Record{URL: "www.example.com", Class: classInput, Err: errors.New("line 9: not an http:// URL")}
		case i%41 == 8:
			r.Attempts, r.MediaType = 2, ""
		}
		b = r.AppendJSON(b)
		at = at.Add(time.Duration(rng.IntN(9000)) * time.Microsecond)
	}
	return b
}

func read(t *testing.T, text string) *Crawl {
	t.Helper()
	c, err := ReadCrawl(strings.NewReader(text), "records.jsonl", 5, func(class string) string { return "advice on " + class })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCrawl(t *testing.T) {
	c := read(t, string(written(600)))
	var text, page, figures bytes.Buffer
	if err := errors.Join(c.WriteText(&text), c.WriteHTML(&page), c.WriteJSON(&figures)); err != nil {
		t.Fatal(err)
	}
	golden(t, "crawl.txt", text.Bytes())
	golden(t, "crawl.json", figures.Bytes())
	checkPage(t, page.String())
	if !json.Valid(figures.Bytes()) {
		t.Error("the figures are not JSON")
	}
	if c.records != 600 || c.fetched+c.failed+c.skipped != 600 {
		t.Errorf("%d records: %d + %d + %d", c.records, c.fetched, c.failed, c.skipped)
	}
	if strings.ContainsAny(text.String(), "\x1b") {
		t.Error("a control character reaches the terminal")
	}
}

// TestLines: what is no record is counted and told, whatever surrounds it, and is never fatal beside a record.
func TestLines(t *testing.T) {
	record := `{"url":"http://a/","class":"ok","status":200}`
	for _, c := range []struct {
		name, text             string
		records, broken, first int64
		torn                   bool
	}{
		{"one", record + "\n", 1, 0, 0, false},
		{"without an end", record, 1, 0, 0, false},
		{"torn", record + "\n" + record[:20], 1, 0, 0, true},
		{"blank lines", "\n\n" + record + "\n\n", 1, 0, 0, false},
		{"broken in the middle", record + "\nxyz\n[]\n" + record + "\n", 2, 2, 2, false},
		{"no class", record + "\n" + `{"url":"http://a/"}` + "\n", 1, 1, 2, false},
		{"no url", record + "\n" + `{"class":"ok"}` + "\n", 1, 1, 2, false},
		{"a negative time", record + "\n" + `{"url":"u","class":"ok","timings":{"total":-1}}` + "\n", 1, 1, 2, false},
		{"a time too long", record + "\n" + `{"url":"u","class":"ok","timings":{"total":9223372036854775807}}` + "\n", 1, 1, 2, false},
		{"a beginning that is none", record + "\n" + `{"url":"u","class":"ok","started":"yesterday"}` + "\n", 1, 1, 2, false},
		{"a status that is none", record + "\n" + `{"url":"u","class":"ok","status":1000}` + "\n", 1, 1, 2, false},
		{"unknown fields", `{"url":"u","class":"ok","depth":3,"timings":{"tls":1,"total":2}}`, 1, 0, 0, false},
		{"too long", record + "\n\"" + strings.Repeat("x", maxLine) + "\"\n" + record + "\n", 2, 1, 2, false},
		{"too long at the end", record + "\n\"" + strings.Repeat("x", maxLine), 1, 0, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, c.text)
			if got.records != c.records || got.broken != c.broken || got.brokenFirst != c.first || got.torn != c.torn {
				t.Errorf("%d records, %d broken from line %d on, torn %v; want %d, %d, %d, %v",
					got.records, got.broken, got.brokenFirst, got.torn, c.records, c.broken, c.first, c.torn)
			}
		})
	}
}

func TestNoRecords(t *testing.T) {
	for text, want := range map[string]string{
		"": "it is empty", "\n\n": "it is empty", "{": "torn", "hello\nworld\n": "line 1 is not a record",
	} {
		_, err := ReadCrawl(strings.NewReader(text), "f", 5, noAdvice)
		if !errors.Is(err, ErrNoRecords) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	_, err := ReadCrawl(iotest.ErrReader(io.ErrUnexpectedEOF), "f", 5, noAdvice)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// TestOnlySkipped: a crawl of nothing but lines that are no URLs has a report too.
func TestOnlySkipped(t *testing.T) {
	c := read(t, `{"url":"x","class":"input","error":"line 1: not an http:// URL"}`)
	var b bytes.Buffer
	if err := errors.Join(c.WriteText(&b), c.WriteJSON(io.Discard)); err != nil {
		t.Fatal(err)
	}
	checkPage(t, pageOf(t, c.Page()))
	if !strings.Contains(b.String(), "0 fetched, 0 failed, 1 skipped") {
		t.Error(b.String())
	}
}

// TestSketch: percentiles are within 0.8 % of the exact ones, for values of every size.
func TestSketch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var s sketch
		var all []int64
		spread := rng.Float64() * 12
		for range 1 + rng.IntN(500) {
			v := int64(math.Exp(rng.Float64() * 2.5 * spread))
			s.add(v)
			all = append(all, v)
		}
		slices.Sort(all)
		for _, q := range []float64{0, .5, .9, .99, .999, 1} {
			exact := float64(all[max(0, int(math.Ceil(q*float64(len(all))-1e-9))-1)])
			if got := s.quantile(q); math.Abs(got-exact) > .0079*exact {
				t.Fatalf("quantile %v of %d values: %v, want %v", q, len(all), got, exact)
			}
		}
	}
	for v := int64(0); v >= 0 && v <= maxPhase; v = v*2 + 1 {
		if m := middle(bucketOf(v)); math.Abs(m-float64(v)) > .0079*float64(v) {
			t.Errorf("%d is in a bucket about %v", v, m)
		}
	}
	if n := bucketOf(maxPhase); n > 2600 {
		t.Errorf("a sketch may have %d buckets", n)
	}
}

// TestFlight: steps, whatever their length and the order of records, hold what a count fetch by fetch says.
func TestFlight(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, long := range []int64{500, 200_000, 40_000_000, 1e13} {
		type interval struct{ from, to int64 }
		var f flight
		var all []interval
		for range 300 {
			from := rng.Int64N(long) - long/3
			all = append(all, interval{from, from + rng.Int64N(long/3)})
			f.add(all[len(all)-1].from, all[len(all)-1].to, len(all)%7 == 0)
		}
		if len(f.bins) > mostSteps {
			t.Fatalf("%d steps", len(f.bins))
		}
		ended, failed := f.ended()
		var sumEnded, sumFailed float64
		for i, got := range f.inFlight() {
			begin := (f.first + int64(i)) * f.step
			end := begin + f.step
			var want, wantEnded float64
			for _, v := range all {
				want += float64(max(0, min(v.to, end)-max(v.from, begin))) / float64(f.step)
				if v.to >= begin && v.to < end {
					wantEnded++
				}
			}
			if math.Abs(got-want) > 1e-6 || ended[i] != wantEnded {
				t.Fatalf("step %d of %d µs: %v in flight and %v ended, want %v and %v", i, f.step, got, ended[i], want, wantEnded)
			}
			sumEnded, sumFailed = sumEnded+ended[i], sumFailed+failed[i]
		}
		if sumEnded != 300 || sumFailed != 42 {
			t.Errorf("%v ended, %v failed", sumEnded, sumFailed)
		}
	}
}

// TestHostBound: beyond the bound, hosts are summed up, nothing is lost, and the report says so.
func TestHostBound(t *testing.T) {
	h := hosts{limit: 3, byName: map[string]*host{}}
	for i := range 50 {
		url := fmt.Sprintf("http://user@H%d.example:80/x?y", i%5)
		r := record{URL: &url, Class: classOK, Status: 200}
		if i%5 == 4 {
			r.Class, r.Status = "timeout.read", 0
		}
		h.add(&r)
	}
	if len(h.byName) != 3 || h.others.fetches != 20 || h.others.failures != 10 || h.byName["h0.example:80"].fetches != 10 {
		t.Errorf("%d hosts, others %+v", len(h.byName), h.others)
	}
	c := Crawl{hosts: h}
	if note := c.hostNote(); !strings.Contains(note, "More than 3 hosts") || !strings.Contains(note, "20 fetches") {
		t.Error(note)
	}
}

func TestTallyBound(t *testing.T) {
	c := newTally(2)
	for _, name := range []string{"a", "b", "c", "a", "d"} {
		c.add(name)
	}
	if got := c.sorted(); !slices.Equal(got, []count{{"a", 2}, {"b", 1}}) || c.others != 2 {
		t.Errorf("%v and %d others", got, c.others)
	}
}

func TestHostOfURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://A.example/x": "a.example", "http://a:80?q": "a:80", "http://u:p@a#f": "a", "http://[::1]:8080/": "[::1]:8080", "no url": "", "http://": "",
		"http://" + strings.Repeat("x", 1000): strings.Repeat("x", maxHostName),
	} {
		if got := (&record{URL: &url}).host(); got != want {
			t.Errorf("%q: host %q, want %q", url, got, want)
		}
	}
}

// TestPicks: the slowest are exactly those, and the sample takes from everywhere.
func TestPicks(t *testing.T) {
	p := picks{random: rand.New(rand.NewPCG(1, 2)), top: 7}
	rng := rand.New(rand.NewPCG(3, 3))
	var totals []int64
	url, late := "http://a/", 0
	for i := range 5000 {
		r := record{URL: &url, Class: classOK, began: int64(i)}
		r.Timings.Total = rng.Int64N(1000)
		totals = append(totals, r.Timings.Total)
		p.add(&r, int64(i+1))
	}
	slices.SortFunc(totals, func(a, b int64) int { return int(b - a) })
	for i, s := range p.slowest {
		if s.total != totals[i] || i > 0 && s.total == p.slowest[i-1].total && s.number < p.slowest[i-1].number {
			t.Errorf("slowest %d: %d, want %d", i, s.total, totals[i])
		}
	}
	for _, s := range p.spread() {
		if s.began >= 2500 {
			late++
		}
	}
	if len(p.slowest) != 7 || len(p.sample) != sampleSize || late < sampleSize/5 || late > sampleSize*4/5 {
		t.Errorf("%d slowest, a sample of %d of which %d are from the second half", len(p.slowest), len(p.sample), late)
	}
}

// TestFlatMemory: what is kept does not grow with the number of records.
func TestFlatMemory(t *testing.T) {
	size := func(c *Crawl) int {
		n := len(c.flight.bins)*64 + len(c.picks.sample) + len(c.picks.slowest) + len(c.media.counts) + len(c.classes.counts)
		for i := range c.phases {
			n += len(c.phases[i].counts)
		}
		for _, h := range c.hosts.byName {
			n += len(h.total.counts)
		}
		return n
	}
	small, large := size(read(t, string(written(3000)))), size(read(t, string(written(30_000))))
	if large > 2*small {
		t.Errorf("ten times as many records keep %d instead of %d", large, small)
	}
}

// FuzzRecords: whatever the file has, the lines are all accounted for, and every output stands up.
func FuzzRecords(f *testing.F) {
	f.Add(written(8))
	f.Add([]byte(`{"url":"http://<&\u001b","class":"x.y","started":"0001-01-01T00:00:00Z","timings":{"total":31622400000000},"bytes_wire":1,"status":999}` + "\n" + `{"url":"u","class":"ok","started":"9999-12-31T23:59:59Z","timings":{"total":1}}`))
	f.Add([]byte("{}\n{\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ReadCrawl(bytes.NewReader(text), "f", 3, noAdvice)
		if err != nil {
			if !errors.Is(err, ErrNoRecords) {
				t.Fatal(err)
			}
			return
		}
		lines := int64(0)
		for line := range bytes.Lines(text) {
			if len(bytes.TrimSuffix(line, []byte("\n"))) > 0 {
				lines++
			}
		}
		got := c.records + c.broken
		if c.torn {
			got++
		}
		if got != lines {
			t.Errorf("%d lines, %d records, %d broken, torn %v", lines, c.records, c.broken, c.torn)
		}
		var b bytes.Buffer
		if err := errors.Join(c.WriteText(&b), c.WriteJSON(io.Discard)); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if r != '\n' && crawler.IsCommand(r) {
				t.Fatalf("%U reaches the terminal", r)
			}
		}
		page := pageOf(t, c.Page())
		if strings.Contains(page, "<script") {
			t.Fatal("markup reaches the page")
		}
		checkTags(t, strings.NewReplacer("\ufffe", "", "\uffff", "").Replace(page)) // which XML does not know
	})
}
