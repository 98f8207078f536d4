//go:build unix

package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/link"
)

// page is what one request to a fakeWeb gets. The zero value is an empty page of HTML, at once.
type page struct {
	after    time.Duration
	status   int         // 0: 200
	class    fetch.Class // of the failure, if it is one
	body     string
	kind     string   // media type; "": text/html
	fields   []string // of the head, as lines
	location string   // of a redirect
	wait     time.Duration
	public   bool
	cut      bool // the failure comes after the head and half of the body
}

// visitLog is one request, from the other side.
type visitLog struct {
	url        string
	begin, end time.Time // end is zero until then
	guarded    bool
}

// fakeWeb is a Fetcher of pages that are made up. Redirects are followed as a fetch.Client does, unless they are to stay.
type fakeWeb struct {
	engine engine.Engine
	// page is what a request gets, the n-th for its URL, counted from 1; it is called for one at a time. It may be nil; then
	// pages is what counts.
	page  func(url string, n int) page
	pages map[string]page // by URL; what is not there is 404

	// tick, if not nil, is called at the begin and at the end of each request, one at a time.
	tick  func()
	ticks sync.Mutex

	mu     sync.Mutex
	visits []*visitLog
	counts map[string]int
}

func newFakeWeb(e engine.Engine, pages map[string]page) *fakeWeb {
	return &fakeWeb{engine: e, pages: pages, counts: map[string]int{}}
}

func (f *fakeWeb) at(url string, n int) page {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.page != nil {
		return f.page(url, n)
	}
	if p, ok := f.pages[url]; ok {
		return p
	}
	return page{status: 404}
}

func (f *fakeWeb) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	*res = fetch.Response{Started: f.engine.Now(), Remote: "192.0.2.1:80"}
	u := *req.URL
	for hops := 0; ; hops++ {
		p, err := f.once(ctx, &u, req, res)
		if err != nil || p.location == "" || res.Status < 300 || res.Status > 399 {
			return err
		}
		if req.Stay {
			return nil
		}
		if hops == int(req.Redirects) {
			return &fetch.Error{Class: fetch.RedirectLimit, Err: fmt.Errorf("made up")}
		}
		if u, err = u.Resolve(p.location); err != nil {
			return &fetch.Error{Class: fetch.RedirectLocation, Err: err}
		}
	}
}

func (f *fakeWeb) once(ctx context.Context, u *link.URL, req *fetch.Request, res *fetch.Response) (page, error) {
	v, n := f.begin(u.String(), req.Guarded)
	p := f.at(v.url, n)
	f.tell()
	var err error
	if p.after > 0 {
		err = f.engine.Sleep(ctx, p.after)
	}
	f.tell()
	f.mu.Lock()
	v.end = f.engine.Now()
	f.mu.Unlock()
	res.Timings.Total += p.after + time.Millisecond // for the body
	switch {
	case err != nil:
		return p, &fetch.Error{Class: fetch.Cancelled, Err: err}
	case p.class != "" && !p.cut:
		return p, &fetch.Error{Class: p.class, Err: fmt.Errorf("made up: %s", p.class)}
	}
	return p, f.answer(ctx, p, req, res)
}

// answer gives a page as a fetch.Client gives it: the head to who watches, the body in two stretches.
func (f *fakeWeb) answer(ctx context.Context, p page, req *fetch.Request, res *fetch.Response) error {
	res.Status, res.MediaType, res.Minor, res.Public, res.Sent = p.status, p.kind, 1, p.public, true
	if p.status == 0 {
		res.Status = 200
	}
	if p.kind == "" {
		res.MediaType = "text/html"
	}
	res.Timings.FirstByte = p.after
	res.SetRetryAfter(p.wait)
	res.SetLocation("")
	if p.location != "" {
		if !req.Stay {
			return nil
		}
		res.SetLocation(p.location)
	}
	raw := fmt.Sprintf("HTTP/1.1 %d x\r\n%s\r\n", res.Status, strings.Join(append(slices.Clone(p.fields), ""), "\r\n"))
	var head fetch.Head
	if err := head.Parse([]byte(raw), fetch.Options{}.Limits); err != nil {
		return err
	}
	if req.Watch != nil && req.Watch.OnHead != nil {
		req.Watch.OnHead(&head)
	}
	half := len(p.body) / 2
	for i, part := range []string{p.body[:half], p.body[half:]} {
		if i == 1 && p.cut {
			return &fetch.Error{Class: p.class, Err: fmt.Errorf("made up: %s", p.class)}
		}
		res.BytesWire += int64(len(part))
		if req.OnBody != nil && part != "" {
			err := req.OnBody([]byte(part))
			for f.tell(); err == fetch.ErrRest; f.tell() {
				if f.engine.Sleep(ctx, 0) != nil {
					return &fetch.Error{Class: fetch.Cancelled, Err: ctx.Err()}
				}
				err = req.OnBody(nil)
			}
			if err != nil {
				return &fetch.Error{Class: fetch.Internal, Err: err}
			}
		}
	}
	res.BytesBody = int64(len(p.body))
	return nil
}

func (f *fakeWeb) begin(url string, guarded bool) (*visitLog, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := &visitLog{url: url, begin: f.engine.Now(), guarded: guarded}
	f.visits = append(f.visits, v)
	f.counts[url]++
	return v, f.counts[url]
}

func (f *fakeWeb) tell() {
	if f.tick != nil {
		f.ticks.Lock()
		defer f.ticks.Unlock()
		f.tick()
	}
}

// of are the requests whose URL begins like that, in order.
func (f *fakeWeb) of(prefix string) (list []*visitLog) {
	for _, v := range f.visits {
		if strings.HasPrefix(v.url, prefix) {
			list = append(list, v)
		}
	}
	return list
}

// asked are the URLs that were asked for, in order of the alphabet, without any robots.txt.
func (f *fakeWeb) asked() []string {
	var list []string
	for _, url := range slices.Sorted(maps.Keys(f.counts)) {
		if !strings.HasSuffix(url, "/robots.txt") {
			list = append(list, url)
		}
	}
	return list
}

// links is a page with links.
func links(to ...string) string {
	var b strings.Builder
	for _, l := range to {
		fmt.Fprintf(&b, "<a href=%q>x</a>\n", l)
	}
	return b.String()
}

// walkOf makes a crawl by links from seeds, whose books are checked at each tick.
func walkOf(t testing.TB, f *fakeWeb, seeds []string, o Options) (*Crawler, *output) {
	t.Helper()
	if o.Follow.Token == "" {
		o.Follow.Token = "tester"
	}
	out := &output{}
	c := New(f.engine, f, NewSource(seeds, "list", nil), NewSink("output", out), o)
	f.tick = func() { checkWalk(t, c) }
	return c, out
}

// checkWalk checks that the ledger and the frontier agree, and that the ledger balances.
func checkWalk(t testing.TB, c *Crawler) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	l := &c.ledger
	if err := l.Balance(); err != nil {
		t.Error(err)
	}
	var skipped int64
	for _, a := range Skips() {
		skipped += l.Classes[a.Class]
	}
	invalid := l.Classes[fetch.Input]
	if skipped+invalid != l.Skipped {
		t.Errorf("%d skipped, but %d by reasons and %d invalid", l.Skipped, skipped, invalid)
	}
	n := c.dispatch.walk.urls.Counts()
	if n.Discovered() != l.Discovered-invalid || n.Fetched != l.Fetched || n.Failed != l.Failed || n.Skipped != skipped ||
		n.Pending() != l.Pending || int(n.InFlight) != c.inFlight {
		t.Errorf("frontier %+v, %d in flight; ledger %s, %d invalid", n, c.inFlight, l, invalid)
	}
}

// runWalk runs a crawl by links to its end: nothing is left, and all extractors were given back once.
func runWalk(t testing.TB, f *fakeWeb, c *Crawler) {
	t.Helper()
	run(t, f.engine, c)
	checkEnd(t, c)
	if l := &c.ledger; l.Pending != 0 && !c.dispatch.draining {
		t.Errorf("at the end: %s", l)
	}
}

// checkEnd checks what holds however a crawl has ended.
func checkEnd(t testing.TB, c *Crawler) {
	t.Helper()
	checkWalk(t, c)
	for i, x := range c.extractors {
		if slices.Contains(c.extractors[:i], x) {
			t.Error("an extractor was given back twice")
		}
	}
	for _, w := range c.crew {
		if w.body.links != nil {
			t.Error("an extractor was not given back")
		}
		if w.body.sitemap != nil {
			t.Error("a sitemap is still being read")
		}
	}
	if c.workers != 0 || c.inFlight != 0 {
		t.Errorf("%d workers, %d in flight", c.workers, c.inFlight)
	}
}

// pageRow is of a record what is there where links are followed.
type pageRow struct {
	URL        string `json:"url"`
	Status     int    `json:"status"`
	Class      string `json:"class"`
	Error      string `json:"error"`
	Attempts   int    `json:"attempts"`
	Digest     string `json:"digest"`
	Referrer   string `json:"referrer"`
	Depth      *int   `json:"depth"`
	Title      string `json:"title"`
	Duplicate  string `json:"duplicate_of"`
	NoFollow   bool   `json:"nofollow"`
	Disallowed bool   `json:"disallowed"`

	Links        int    `json:"links"`
	Sitemap      string `json:"sitemap"`
	Entries      int    `json:"entries"`
	Dropped      int    `json:"dropped"`
	SitemapError string `json:"sitemap_error"`
}

// rowsOfPages is the records by their URL, of which no two may be the same.
func rowsOfPages(t testing.TB, text string) map[string]pageRow {
	t.Helper()
	rows := map[string]pageRow{}
	for line := range strings.Lines(text) {
		var r pageRow
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if _, twice := rows[r.URL]; twice {
			t.Errorf("two records of %q", r.URL)
		}
		rows[r.URL] = r
	}
	return rows
}

// watchful is a fakeWeb that notes which requests were for a version or a part.
type watchful struct {
	*fakeWeb
	selections map[string]bool
}

func (f *watchful) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	f.selections[req.URL.String()] = req.Selection != nil
	return f.fakeWeb.Do(ctx, req, res)
}
