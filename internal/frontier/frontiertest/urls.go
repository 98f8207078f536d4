package frontiertest

import (
	"strings"
	"testing"

	"crawl/internal/frontier"
)

// testAgain: what was to be skipped is queued when there is a reason to, and what is pending is as deep as the shortest way
// to it; what is settled otherwise stays as it is.
func testAgain(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	first := b.add("http://h/", frontier.Link{})
	a := b.add("http://h/a", frontier.Link{Skip: true, Kind: 7, Depth: 9, From: first.Key})
	if again := b.add("http://h/a", frontier.Link{Skip: true, Kind: 8}); again != (frontier.Added{Key: a.Key}) {
		t.Errorf("skipped again: %+v", again)
	}
	b.wantCounts(frontier.Counts{Queued: 1, Skipped: 1, Hosts: 1})
	if again := b.add("http://h/a", frontier.Link{Depth: 2, Kind: 3}); again != (frontier.Added{Key: a.Key, Revived: true, Kind: 7}) {
		t.Errorf("wanted after all: %+v", again)
	}
	b.wantCounts(frontier.Counts{Queued: 2, Hosts: 1})
	b.add("http://h/a", frontier.Link{Depth: 0, Skip: true, Kind: 5}) // this way is shorter, but may not be gone
	b.add("http://h/a", frontier.Link{Depth: 1})
	b.add("http://h/a", frontier.Link{Depth: 4})
	b.Done(b.wantNext("http://h/").Key, frontier.Skipped, frontier.Visit{}, b.now)
	e := b.wantNext("http://h/a")
	if e.Depth != 1 || e.Kind != 3 || e.From != (frontier.Key{}) {
		t.Errorf("it is given out as %+v", e)
	}
	b.Done(e.Key, frontier.Skipped, frontier.Visit{}, b.now)
	for _, s := range []string{"http://h/", "http://h/a"} {
		if again := b.add(s, frontier.Link{}); again.Revived || again.New {
			t.Errorf("%s was settled when its turn came, and yet: %+v", s, again)
		}
	}
	b.wantCounts(frontier.Counts{Skipped: 2, Hosts: 1})
}

// testShared: of the bits that are said to be shared, a URL that is pending has those that all links to it have which are to be
// followed.
func testShared(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{Shared: 6})
	k := b.add("http://h/", frontier.Link{Kind: 8 | 4 | 2}).Key
	for _, c := range []struct{ kind, want uint16 }{{16 | 4 | 2, 14}, {2, 10}, {4, 8}, {6, 8}} {
		b.add("http://h/", frontier.Link{Kind: 0, Skip: true})
		if b.add("http://h/", frontier.Link{Kind: c.kind}); b.Kind(k) != c.want {
			t.Errorf("behind a link of kind %d it is of %d, want %d", c.kind, b.Kind(k), c.want)
		}
	}
	k = b.add("http://h/x", frontier.Link{Kind: 6}).Key
	b.fetched(b.wantNext("http://h/"))
	e := b.wantNext("http://h/x")
	b.add("http://h/x", frontier.Link{Kind: 2})
	if e.Kind != 6 || b.Kind(k) != 2 {
		t.Errorf("given out as %d, in flight as %d", e.Kind, b.Kind(k))
	}
	b.fetched(e)
	if b.add("http://h/x", frontier.Link{}); b.Kind(k) != 2 {
		t.Errorf("settled as %d", b.Kind(k))
	}
}

// testSeen: a URL is known by scheme, host, port, path and query, as far as they are in a key.
func testSeen(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	keys := map[frontier.Key]string{}
	hosts := map[frontier.HostID]bool{}
	for _, s := range []string{
		"http://a.example/", "http://b.example/", "https://a.example/", "http://a.example:81/",
		"http://a.example/x", "http://b.example/x", "http://a.example/X", "http://a.example/x/", "http://a.example/x??", "http://a.example/x?y",
		"http://a.example/xy", "http://a.example//x",
	} {
		a := b.add(s, frontier.Link{})
		if !a.New || a.Refused {
			t.Errorf("%s: %+v, want it to be new", s, a)
		}
		if a.NewHost == hosts[a.Key.Host] {
			t.Errorf("%s: new host is %v", s, a.NewHost)
		}
		hosts[a.Key.Host] = true
		if other, known := keys[a.Key]; known || a.Key.URL == 0 || a.Key.Host == 0 {
			t.Errorf("%s has the key %+v, as has %q", s, a.Key, other)
		}
		keys[a.Key] = s
		u := parse(t, s)
		if want := frontier.Shard(u.Host()); a.Key.Shard != want {
			t.Errorf("%s is in shard %d, want %d", s, a.Key.Shard, want)
		}
	}
	if len(hosts) != 4 {
		t.Errorf("%d hosts, want 4", len(hosts))
	}
	for key, s := range keys {
		for _, spelling := range []string{s, s + "#fragment", strings.Replace(s, "://", "://user:secret@", 1), strings.ToUpper(s[:10]) + s[10:]} {
			want := frontier.Added{Key: key}
			if got := b.add(spelling, frontier.Link{Depth: 3}); got != want {
				t.Errorf("%s again: %+v, want %+v", spelling, got, want)
			}
			u := parse(t, spelling)
			if got, state, ok := b.Find(&u); got != key || state != frontier.Queued || !ok {
				t.Errorf("%s is found as %+v, %d, %v", spelling, got, state, ok)
			}
		}
	}
	for _, s := range []string{"http://a.example/y", "http://c.example/"} {
		u := parse(t, s)
		if k, _, ok := b.Find(&u); ok {
			t.Errorf("%s is found as %+v", s, k)
		}
	}
	b.wantCounts(frontier.Counts{Queued: 12, Hosts: 4})
}

// testURL: what was added comes out as it was, without user information and fragment.
func testURL(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	for _, s := range []string{
		"http://a.example/", "https://xn--bcher-kva.example:8443/%C3%BC?q=%zz&r=[1]", "http://[2001:db8::1]/", "http://[::1]:8080//y//",
		"http://h/%2e%2fa/..b?", "http://127.0.0.1:1/a:b@c/d?e@f:g#h", "http://u:p@h/x#y",
		"http://h/" + strings.Repeat("l", 64_000), "http://h/?" + strings.Repeat("?", 60_000), "http://" + strings.Repeat("n.", 100) + "n/",
	} {
		added := parse(t, s)
		want := parse(t, added.Origin()+added.Target())
		k := b.add(s, frontier.Link{}).Key
		if got := b.URL(k); got != want {
			t.Errorf("%.80q has become %.80q", s, got.String())
		}
		e, ok := b.Next(b.now)
		if !ok || e.Key != k || e.URL != want {
			t.Errorf("%.80q is given out as %v %+v %.80q", s, ok, e.Key, e.URL.String())
		}
		if h := b.Host(k.Host); h.Origin != want.Origin() || h.Shard != k.Shard || h.ID != k.Host || h.InFlight == 0 {
			t.Errorf("%.80q is at host %+v", s, h)
		}
	}
}

// testOrder: lower priorities go first, equal ones in the order in which they were found.
func testOrder(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	for _, c := range []struct {
		path string
		l    frontier.Link
	}{
		{"5", frontier.Link{Depth: 2}},
		{"3", frontier.Link{Depth: 1}},
		{"6", frontier.Link{Depth: 2}},
		{"1", frontier.Link{}},
		{"4", frontier.Link{Depth: 3, Bias: -2}},
		{"7", frontier.Link{Bias: 2}},
		{"2", frontier.Link{}},
		{"8", frontier.Link{Depth: 127}},
		{"9", frontier.Link{Depth: 70_000}}, // as urgent as the one before
		{"0", frontier.Link{Bias: -1}},
		{"/", frontier.Link{Bias: -128}},
		{".0", frontier.Link{Bias: -1000}},
	} {
		b.add("http://h/"+c.path, c.l)
	}
	for _, path := range []string{"/", ".0", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		b.fetched(b.wantNext("http://h/" + path))
	}
	b.wantNone()
	b.addAll("http://h/more")
	b.wantNext("http://h/more")
}

// testEntry: what was told of a URL is told with it.
func testEntry(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	seed := b.add("http://a.example/", frontier.Link{}).Key
	found := b.add("http://b.example/x", frontier.Link{From: seed, Depth: 65_535, Kind: 40_000}).Key
	deeper := b.add("http://b.example/y", frontier.Link{From: found, Depth: 65_536, Kind: 1}).Key
	for _, want := range []frontier.Entry{
		{Key: seed, URL: parse(t, "http://a.example/"), Attempt: 1},
		{Key: found, URL: parse(t, "http://b.example/x"), From: seed, Depth: 65_535, Kind: 40_000, Attempt: 1},
		{Key: deeper, URL: parse(t, "http://b.example/y"), From: found, Depth: 65_535, Kind: 1, Attempt: 1},
	} {
		if got, ok := b.Next(b.now); !ok || got != want {
			t.Errorf("given out %+v, %v, want %+v", got, ok, want)
		}
	}
}

// testLedger: each URL is in one account.
func testLedger(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	if at, ok := b.NextAt(); ok {
		t.Errorf("a frontier without anything is to be asked at %v", at)
	}
	b.addAll("http://h/1", "http://h/2", "http://h/3", "http://h/4", "http://g/5", "http://g/6")
	a := b.add("http://h/no", frontier.Link{Skip: true})
	if !a.New {
		t.Errorf("a skipped URL is %+v", a)
	}
	b.wantCounts(frontier.Counts{Queued: 6, Skipped: 1, Hosts: 2})
	var taken []frontier.Entry
	for range 5 {
		e, ok := b.Next(b.now)
		if !ok {
			t.Fatal("there is nothing to fetch")
		}
		taken = append(taken, e)
	}
	b.wantCounts(frontier.Counts{Queued: 1, InFlight: 5, Skipped: 1, Hosts: 2})
	b.Done(taken[0].Key, frontier.Fetched, answered(), b.now)
	b.Done(taken[1].Key, frontier.Failed, answered(), b.now)
	b.Done(taken[2].Key, frontier.Skipped, frontier.Visit{}, b.now)
	b.Retry(taken[3].Key, b.now.Add(time1), answered(), b.now)
	b.Return(taken[4].Key, answered(), b.now)
	want := frontier.Counts{Queued: 2, Waiting: 1, Fetched: 1, Failed: 1, Skipped: 2, Hosts: 2}
	b.wantCounts(want)
	if want.Discovered() != 7 || want.Pending() != 3 {
		t.Errorf("%d discovered, %d pending", want.Discovered(), want.Pending())
	}
	for i, state := range []frontier.State{frontier.Fetched, frontier.Failed, frontier.Skipped, frontier.Waiting, frontier.Queued} {
		if _, got, _ := b.Find(&taken[i].URL); got != state {
			t.Errorf("%s is in state %d, want %d", taken[i].URL.String(), got, state)
		}
	}
}

// testMaxPerHost: more URLs than a host may have are refused, and not in any account; those that are known stay so.
func testMaxPerHost(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{MaxPerHost: 2})
	b.addAll("http://h/1", "http://h/2", "http://g/1")
	for range 2 {
		if got, want := b.add("http://h/3", frontier.Link{}), (frontier.Added{Refused: true}); got != want {
			t.Errorf("a third URL: %+v", got)
		}
	}
	if a := b.add("http://h/1", frontier.Link{}); a.New || a.Refused || a.Key.URL == 0 {
		t.Errorf("the first URL again: %+v", a)
	}
	b.add("http://g/2", frontier.Link{Skip: true})
	if a := b.add("http://g/3", frontier.Link{}); !a.Refused {
		t.Errorf("a third URL beside one skipped: %+v", a)
	}
	b.wantCounts(frontier.Counts{Queued: 3, Skipped: 1, Refused: 3, Hosts: 2})
}
