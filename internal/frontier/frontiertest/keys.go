package frontiertest

import (
	"testing"

	"crawl/internal/frontier"
	"crawl/internal/link"
)

// spellings are URLs of one page.
func spellings() []string {
	return []string{"http://h/%7ea?", "http://h/~a", "http://h/%7Ea", "http://h/~%61", "http://h/~a?"}
}

// testKeys: URLs that have the same key are one, whichever comes first, and that one is asked for.
func testKeys(t *testing.T, empty Make) {
	for _, first := range spellings() {
		b := newBench(t, empty, frontier.Options{})
		k := b.add(first, frontier.Link{}).Key
		for _, s := range spellings() {
			if got, want := b.add(s, frontier.Link{Depth: 1}), (frontier.Added{Key: k}); got != want {
				t.Errorf("%s behind %s: %+v, want %+v", s, first, got, want)
			}
			u := parse(t, s)
			if got, state, ok := b.Find(&u); got != k || state != frontier.Queued || !ok {
				t.Errorf("%s behind %s is found as %+v, %d, %v", s, first, got, state, ok)
			}
		}
		if got := b.URL(k); got.String() != first {
			t.Errorf("%s has become %s", first, got.String())
		}
		b.addAll("http://g/~a", "http://h/~A", "http://h/~a/", "http://h/~a??", "http://h/%2561", "http://h/%2fa", "http://h//a")
		b.wantNext(first)
	}
}

// testRespelled: what was to be skipped in one spelling and is not in another is asked for in that one; and that is the last
// word.
func testRespelled(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	k := b.add("http://h/%7ea", frontier.Link{Skip: true, Kind: 4}).Key
	b.add("http://h/~a", frontier.Link{Skip: true})
	if got := b.URL(k); got.String() != "http://h/%7ea" {
		t.Errorf("skipped again, it is %s", got.String())
	}
	for _, exact := range []bool{true, false} {
		want := frontier.Added{Key: k, Revived: exact, Kind: 4}
		if !exact {
			want.Kind = 0
		}
		if got := b.add("http://h/~a?", frontier.Link{Exact: exact}); got != want {
			t.Errorf("wanted: %+v, want %+v", got, want)
		}
	}
	b.add("http://h/~a", frontier.Link{})
	b.wantNext("http://h/~a?")
	for _, s := range spellings() {
		u := parse(t, s)
		if got, state, ok := b.Find(&u); got != k || state != frontier.InFlight || !ok {
			t.Errorf("%s is found as %+v, %d, %v", s, got, state, ok)
		}
	}
	b.wantCounts(frontier.Counts{InFlight: 1, Hosts: 1})
}

// testExact: where a redirect leads is another URL, if only its key is known, and known itself from then on; of the others the
// first is what they are one with.
func testExact(t *testing.T, empty Make) {
	for _, first := range spellings() {
		b := newBench(t, empty, frontier.Options{})
		b.add(first, frontier.Link{})
		asked := b.wantNext(first)
		keys := map[string]frontier.Key{first: asked.Key}
		for _, s := range spellings() {
			if a := b.add(s, frontier.Link{Exact: true, Skip: true}); a != (frontier.Added{Key: asked.Key}) {
				t.Errorf("%s, to be skipped: %+v", s, a)
			}
			a := b.add(s, frontier.Link{Exact: true})
			if a.New != (s != first) {
				t.Errorf("%s behind %s: %+v", s, first, a)
			}
			keys[s] = a.Key
			for _, exact := range []bool{true, false} {
				if again := b.add(s, frontier.Link{Exact: exact}); again != (frontier.Added{Key: a.Key}) {
					t.Errorf("%s again behind %s: %+v", s, first, again)
				}
			}
		}
		if a := b.add("http://h/%7E%61", frontier.Link{}); a.Key != asked.Key {
			t.Errorf("of some with one key, the one behind %s is %+v, want %+v", first, a, asked.Key)
		}
		b.fetched(asked)
		for _, s := range spellings() {
			u := parse(t, s)
			if k, _, ok := b.Find(&u); k != keys[s] || !ok {
				t.Errorf("%s is found as %+v, want %+v", s, k, keys[s])
			}
			if s != first {
				b.fetched(b.wantNext(s))
			}
		}
		b.wantCounts(frontier.Counts{Fetched: int64(len(spellings())), Hosts: 1})
	}
}

// find is the URL that is written so, else the first with the same key, else nil.
func (o *oracle) find(u *link.URL) (found *oracleURL) {
	var canon link.Canon
	key := canon.Key(u)
	for _, other := range o.urls {
		switch {
		case other.entry.URL == *u:
			return other
		case found == nil && other.key == key:
			found = other
		}
	}
	return found
}
