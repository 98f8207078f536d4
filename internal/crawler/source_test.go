//go:build unix

package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// inline is an engine that runs at once what is to run elsewhere: enough for a source on its own.
type inline struct{ engine.Engine }

func (inline) Detach(fn, then func()) {
	fn()
	then()
}

// noLock is the lock of a test that is alone.
type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

// itemsOf takes a source to its end.
func itemsOf(t testing.TB, s *Source) []Item {
	t.Helper()
	s.open(noLock{}, inline{}, func() {})
	var items []Item
	for idle := 0; idle < maxEmptyReads+2; {
		item, ok, ended := s.take()
		switch {
		case ended:
			return items
		case ok:
			items, idle = append(items, item), 0
		case !s.hasNext():
			idle++
		}
	}
	t.Fatal("the source does not end")
	return nil
}

// itemsIn is what a list has, told by cutting it up whole: the oracle of the tests of how it is read.
func itemsIn(list string) []Item {
	var items []Item
	n := 0
	for line := range strings.SplitSeq(list, "\n") {
		n++
		line = strings.TrimLeft(line, blanks)
		overlong := len(line) > maxLine
		line = line[:min(len(line), maxLine)]
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case overlong:
			items = append(items, Item{strings.ToValidUTF8(line[:min(len(line), 200)], "\ufffd") + "…", n, errLineTooLong})
		case !utf8.ValidString(line):
			items = append(items, Item{strings.ToValidUTF8(line, "\ufffd"), n, errNotUTF8})
		default:
			items = append(items, Item{line, n, nil})
		}
	}
	return items
}

// sameItems says how two lists of items differ, or "".
func sameItems(got, want []Item) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("no item %d, want %.100q of line %d", i, want[i].URL, want[i].Line)
		case i >= len(want):
			return fmt.Sprintf("an item %.100q of line %d too many", got[i].URL, got[i].Line)
		case got[i] != want[i]:
			return fmt.Sprintf("item %d: %.100q of line %d (%v), want %.100q of line %d (%v)",
				i, got[i].URL, got[i].Line, got[i].Err, want[i].URL, want[i].Line, want[i].Err)
		}
	}
	return ""
}

// TestSourceItems: what counts as a line, and what of it as a URL.
func TestSourceItems(t *testing.T) {
	line := func(n int, url string) Item { return Item{URL: url, Line: n} }
	long := strings.Repeat("x", maxLine+1)
	cases := []struct {
		name, list string
		want       []Item
	}{
		{"empty", "", nil},
		{"one", "http://a/\n", []Item{line(1, "http://a/")}},
		{"no line end", "http://a/\nhttp://b/", []Item{line(1, "http://a/"), line(2, "http://b/")}},
		{"blank lines", "\n\n \t\nhttp://a/\n\n", []Item{line(4, "http://a/")}},
		{"comments", "# http://a/\nhttp://b/\n \t#http://c/\n#", []Item{line(2, "http://b/")}},
		{"only comments", "# a\n#b\n#", nil},
		{"a # within a line", "http://a/#b\n", []Item{line(1, "http://a/#b")}},
		{"CRLF", "http://a/\r\nhttp://b/\r\n\r\n", []Item{line(1, "http://a/"), line(2, "http://b/")}},
		{"CR alone ends no line", "http://a/\rhttp://b/\n", []Item{line(1, "http://a/\rhttp://b/")}},
		{"white space around", " \t http://a/b c \t\n", []Item{line(1, "http://a/b c")}},
		{"byte order mark", "\ufeffhttp://a/\n\ufeffhttp://b/\n", []Item{line(1, "http://a/"), line(2, "\ufeffhttp://b/")}},
		{"byte order mark and comment", "\ufeff# a\nhttp://b/", []Item{line(2, "http://b/")}},
		{"byte order mark alone", "\ufeff", nil},
		{"NUL", "http://a/\x00b\n\x00\n", []Item{line(1, "http://a/\x00b"), line(2, "\x00")}},
		{"beyond ASCII", "http://a/é€😀\n", []Item{line(1, "http://a/é€😀")}},
		{"not UTF-8", "http://a/\xff\xfe\nhttp://b/\n", []Item{{"http://a/\ufffd", 1, errNotUTF8}, line(2, "http://b/")}},
		{"anything", "a b c\n", []Item{line(1, "a b c")}},
		{"longest", long[1:] + "\nb", []Item{line(1, long[1:]), line(2, "b")}},
		{"too long", "a\n" + long + "\nb\n", []Item{line(1, "a"), {long[:200] + "…", 2, errLineTooLong}, line(3, "b")}},
		{"too long at the end", long, []Item{{long[:200] + "…", 1, errLineTooLong}}},
		{"too long by its line end", long[1:] + "\r\nb", []Item{{long[:200] + "…", 1, errLineTooLong}, line(2, "b")}},
		{"behind many blanks", "a\n" + strings.Repeat(" \t", maxLine) + "b\nc", []Item{line(1, "a"), line(2, "b"), line(3, "c")}},
		{"too long and not UTF-8", "\xff" + long, []Item{{"\ufffd" + long[:199] + "…", 1, errLineTooLong}}},
		{"too long for a clip at a whole character", strings.Repeat("é", maxLine), []Item{{strings.Repeat("é", 100) + "…", 1, errLineTooLong}}},
		{"long comment", "#" + long + "\nb", []Item{line(2, "b")}},
		{"long blank line", strings.Repeat(" ", 2*maxLine) + "\nb", []Item{line(2, "b")}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := sameItems(itemsIn(c.list), c.want); diff != "" {
				t.Fatalf("the oracle: %s", diff)
			}
			for name, reader := range map[string]func() io.Reader{
				"whole":          func() io.Reader { return strings.NewReader(c.list) },
				"byte by byte":   func() io.Reader { return iotest.OneByteReader(strings.NewReader(c.list)) },
				"by halves":      func() io.Reader { return iotest.HalfReader(strings.NewReader(c.list)) },
				"end with data":  func() io.Reader { return iotest.DataErrReader(strings.NewReader(c.list)) },
				"with pauses":    func() io.Reader { return &hesitant{r: strings.NewReader(c.list), pauses: 3} },
				"5000 at a time": func() io.Reader { return &slowList{rest: c.list, chunk: 5000} },
			} {
				s := NewSource(nil, "list", reader())
				if diff := sameItems(itemsOf(t, s), c.want); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
				if s.read != int64(len(c.list)) {
					t.Errorf("%s: %d bytes taken, of %d", name, s.read, len(c.list))
				}
			}
		})
	}
}

// hesitant gives nothing, and no error, some times before it gives something.
type hesitant struct {
	r      io.Reader
	pauses int
	n      int
}

func (h *hesitant) Read(b []byte) (int, error) {
	if h.n++; h.n%(h.pauses+1) != 0 {
		return 0, nil
	}
	return h.r.Read(b)
}

// TestSourceBorders: a list says the same wherever its reader cuts it in two.
func TestSourceBorders(t *testing.T) {
	const list = "\ufeff# list\r\nhttp://a/é\r\n\r\n  http://b/\xff \n\x00#c\n#\nhttp://d/ \t\nlast"
	want := itemsIn(list)
	for at := range len(list) + 1 {
		r := io.MultiReader(strings.NewReader(list[:at]), strings.NewReader(list[at:]))
		if diff := sameItems(itemsOf(t, NewSource(nil, "list", r)), want); diff != "" {
			t.Errorf("cut at %d: %s", at, diff)
		}
	}
}

// TestSourceChunkBorders: the same where two of our own chunks meet, at every place of a line.
func TestSourceChunkBorders(t *testing.T) {
	const line = "http://a/é \r\n"
	for shift := range len(line) + 1 {
		list := "#" + strings.Repeat("x", shift) + "\n" + strings.Repeat(line, chunkSize/len(line)+20)
		if diff := sameItems(itemsOf(t, NewSource(nil, "list", strings.NewReader(list))), itemsIn(list)); diff != "" {
			t.Errorf("shifted by %d: %s", shift, diff)
		}
	}
}

// TestSourceHugeLine: a line of 10 MB is read past, and never held.
func TestSourceHugeLine(t *testing.T) {
	for _, size := range []int{100 << 10, 10 << 20} {
		list := "http://a/\n" + strings.Repeat("y", size) + "\nhttp://b/\n"
		s := NewSource(nil, "list", strings.NewReader(list))
		s.open(noLock{}, inline{}, func() {})
		var items []Item
		for {
			item, ok, ended := s.take()
			if ended {
				break
			}
			if ok {
				items = append(items, item)
			}
			if held := cap(s.partial); held > 2*maxLine {
				t.Fatalf("%d bytes held of a line of %d", held, size)
			}
		}
		if diff := sameItems(items, itemsIn(list)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestSourceArguments: URLs come before the list, as they are, and have no line.
func TestSourceArguments(t *testing.T) {
	s := NewSource([]string{"http://a/", " # ", ""}, "list", strings.NewReader("http://b/\n"))
	want := []Item{{URL: "http://a/"}, {URL: " # "}, {URL: ""}, {URL: "http://b/", Line: 1}}
	if diff := sameItems(itemsOf(t, s), want); diff != "" {
		t.Error(diff)
	}
	if diff := sameItems(itemsOf(t, NewSource([]string{"http://a/"}, "", nil)), want[:1]); diff != "" {
		t.Error(diff)
	}
}

// TestSourceError: a list that cannot be read to its end is taken as far as it goes. The line it breaks off in
// is none: half a URL would be another one.
func TestSourceError(t *testing.T) {
	cases := []struct {
		list string
		want []Item
	}{
		{"", nil},
		{"http://a/\n", []Item{{"http://a/", 1, nil}}},
		{"http://a/\nhttp://b/", []Item{{"http://a/", 1, nil}, {"http://b/", 2, errLineCut}}},
		{"http://a/\n# b", []Item{{"http://a/", 1, nil}}},
		{"http://a/\n\xff", []Item{{"http://a/", 1, nil}, {"\ufffd", 2, errNotUTF8}}},
	}
	for _, c := range cases {
		for name, r := range map[string]io.Reader{
			"by itself": io.MultiReader(strings.NewReader(c.list), iotest.ErrReader(syscall.EIO)),
			"with data": &withError{list: c.list},
		} {
			s := NewSource(nil, "urls.txt", r)
			if diff := sameItems(itemsOf(t, s), c.want); diff != "" {
				t.Errorf("%q, the error %s: %s", c.list, name, diff)
			}
			if !errors.Is(s.err, syscall.EIO) || !strings.HasPrefix(s.err.Error(), "urls.txt: ") {
				t.Errorf("%q: error %v", c.list, s.err)
			}
		}
	}
}

// withError gives its error with the data.
type withError struct{ list string }

func (w *withError) Read(b []byte) (int, error) { return copy(b, w.list), syscall.EIO }

// TestSourceWithoutProgress: a reader that never gives anything is given up.
func TestSourceWithoutProgress(t *testing.T) {
	s := NewSource(nil, "list", io.MultiReader(strings.NewReader("http://a/\n"), &hesitant{pauses: 1 << 30}))
	if items := itemsOf(t, s); len(items) != 1 || !errors.Is(s.err, io.ErrNoProgress) {
		t.Errorf("%d items, error %v", len(items), s.err)
	}
	s = NewSource(nil, "list", &hesitant{r: strings.NewReader("http://a/\n"), pauses: maxEmptyReads - 1})
	if items := itemsOf(t, s); len(items) != 1 || s.err != nil {
		t.Errorf("%d items, error %v", len(items), s.err)
	}
}

// TestCrawlOfList: the same through a crawl: nothing of it holds the crawl up, and what is no URL is a record.
func TestCrawlOfList(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.delay = func() time.Duration { return time.Second } // every read ends when all workers have long been idle
		list := "# comment\nhttp://a/1\n\nftp://a/2\r\nhttp://a:x/\nnonsense\nhttp://a/\xff\nhttp://a/3\nhttps://a:0/"
		f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
		c, out := crawlOf(w, f, iotest.HalfReader(strings.NewReader(list)), Options{Concurrency: 10})
		run(t, w, c)
		rows := rowsByURL(t, out.String())
		for url, complaint := range map[string]string{
			"http://a/1": "", "http://a/3": "", "ftp://a/2": "line 4: not an http:// or https:// URL",
			"http://a:x/": "line 5: invalid URL: the input's port is not a number", "nonsense": "line 6: not an http:// or https:// URL",
			"http://a/\ufffd": "line 7: not valid UTF-8",
			"https://a:0/":    "line 9: port 0 cannot be connected to; leave it out, or give the one that is meant",
		} {
			r, ok := rows[url]
			class := fetch.OK
			if complaint != "" {
				class = fetch.Input
			}
			if !ok || r.Class != string(class) || r.Error != complaint {
				t.Errorf("%q: record %v: %+v", url, ok, r)
			}
		}
		s := c.Stats()
		if len(rows) != 7 || s.Ledger.Skipped != 5 || s.Ledger.Fetched != 2 || !s.ListDone || s.ListRead != int64(len(list)) {
			t.Errorf("%d records, %+v", len(rows), s)
		}
	})
}

// TestBadArgument: an argument that is no URL is a record too, and names no line.
func TestBadArgument(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		out := &output{}
		c := New(w, newFakeFetcher(w, always(answer{})), NewSource([]string{"nonsense", "http://a/"}, "", nil), NewSink("output", out), Options{})
		run(t, w, c)
		rows := rowsByURL(t, out.String())
		if r := rows["nonsense"]; len(rows) != 2 || r.Class != "input" || r.Error != "not an http:// or https:// URL" || rows["http://a/"].Class != "ok" {
			t.Errorf("%+v", rows)
		}
	})
}

// TestListBesideSlowArgument: the list is begun as soon as there is a worker for it, and not when an argument is done.
func TestListBesideSlowArgument(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(url string, _ int) answer {
			if url == "http://slow/" {
				return answer{after: time.Hour}
			}
			return answer{after: time.Second}
		})
		c := New(w, f, NewSource([]string{"http://slow/"}, "list", strings.NewReader(listOf(10, 1))), NewSink("output", &output{}), Options{Concurrency: 3})
		run(t, w, c)
		for url, spans := range f.spans {
			if took := spans[0].end.Sub(f.begins[0]); url != "http://slow/" && took > 5*time.Second {
				t.Errorf("%s was done after %v", url, took)
			}
		}
	})
}

// TestCrawlOfNothing: a list without URLs ends at once, and so does none.
func TestCrawlOfNothing(t *testing.T) {
	for _, list := range []string{"", "#\n\n# b", "none"} {
		eachWorld(t, func(t *testing.T, w *world) {
			r := io.Reader(strings.NewReader(list))
			if list == "none" {
				r = nil
			}
			c, out := crawlOf(w, newFakeFetcher(w, always(answer{})), r, Options{})
			run(t, w, c)
			if s := c.Stats(); s.Ledger.Discovered != 0 || out.String() != "" || c.Err() != nil {
				t.Errorf("%+v, %q, %v", s, out, c.Err())
			}
		})
	}
}

// TestCrawlListError: what was read is fetched, then the error is told.
func TestCrawlListError(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		list := io.MultiReader(strings.NewReader(listOf(10, 2)+"http://h0/par"), iotest.ErrReader(syscall.EIO))
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, out := crawlOf(w, f, list, Options{Concurrency: 3})
		run(t, w, c)
		rows := rowsByURL(t, out.String())
		if got := rows["http://h0/par"]; got.Class != string(fetch.Input) || len(rows) != 11 || f.total() != 10 {
			t.Errorf("%d records, %d fetches, the half line: %+v", len(rows), f.total(), got)
		}
		if err := c.Err(); !errors.Is(err, syscall.EIO) || err.Error() != "list: input/output error" {
			t.Errorf("Err: %v", err)
		}
	})
}

// generated is a list of n lines that is made while it is read.
type generated struct {
	n       int
	line    func(i int) string
	mu      sync.Mutex // guards the rest
	i       int
	rest    string
	taken   int // bytes
	largest int // of one read
}

func (g *generated) Read(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for n < len(b) {
		if g.rest == "" {
			if g.i == g.n {
				break
			}
			g.rest = g.line(g.i)
			g.i++
		}
		part := copy(b[n:], g.rest)
		g.rest = g.rest[part:]
		n += part
	}
	g.taken += n
	g.largest = max(g.largest, n)
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (g *generated) bytesTaken() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.taken
}

// TestSourceIsLazy: of a list no more is read than two chunks beyond what has been taken apart.
func TestSourceIsLazy(t *testing.T) {
	const line = "http://a/123456789\n"
	eachWorld(t, func(t *testing.T, w *world) {
		g := &generated{n: 100_000, line: func(int) string { return line }}
		f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
		c, _ := crawlOf(w, f, g, Options{Concurrency: 4})
		f.begun = func(string, int) {
			taken := int64(g.bytesTaken()) // first: on goroutines, reading goes on between the two
			s := c.Stats()
			if taken > s.ListRead+2*chunkSize {
				t.Errorf("%d bytes read, %d taken apart", taken, s.ListRead)
			}
			if s.Ledger.Discovered == 20_000 {
				c.Drain()
			}
		}
		run(t, w, c)
		if g.largest > chunkSize || g.i == g.n {
			t.Errorf("%d bytes in one read, %d lines in all", g.largest, g.i)
		}
	})
}

// quick is a fetcher that answers at once and counts.
type quick struct {
	n    int
	each func(n int)
}

func (q *quick) Do(_ context.Context, req *fetch.Request, res *fetch.Response) error {
	*res = fetch.Response{Status: 200, Minor: 1}
	q.n++
	q.each(q.n)
	return nil
}

// heapBytes is the memory in use, in bytes.
func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestLongListMemory: a list of a hundred thousand lines costs no more memory than its first ten thousand.
func TestLongListMemory(t *testing.T) {
	const n = 100_000
	w := newLoopWorld(t)
	var before, after uint64
	f := &quick{each: func(n int) {
		switch n {
		case 10_000:
			before = heapBytes()
		case 90_000:
			after = heapBytes()
		}
	}}
	g := &generated{n: n, line: func(i int) string { return fmt.Sprintf("http://h%d/%d\n", i%1000, i) }}
	c := New(w, f, NewSource(nil, "list", g), NewSink("output", io.Discard), Options{Concurrency: 10, PerHost: 2})
	run(t, w, c)
	if s := c.Stats(); s.Ledger.Fetched != n {
		t.Errorf("%s", s.Ledger.String())
	}
	t.Logf("%d KiB after 10,000 lines, %d KiB after 90,000", before>>10, after>>10)
	if after > before+3<<20 {
		t.Errorf("%d bytes after 10,000 lines, %d after 90,000", before, after)
	}
}

// blocked is a reader or writer that waits until it is released.
type blocked struct{ release chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	<-b.release
	return 0, io.EOF
}

// TestDrainWhileListBlocks: a list that is typed in by hand and never ends does not keep the crawl from ending.
func TestDrainWhileListBlocks(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		list := blocked{make(chan struct{})}
		defer close(list.release)
		f := newFakeFetcher(e, always(answer{}))
		out := &output{}
		c := New(e, f, NewSource([]string{"http://a/"}, "list", list), NewSink("output", out), Options{Concurrency: 10})
		f.ended = func(string, int) { e.Post(c.Drain) }
		run(t, e, c)
		if rows := parseRows(t, out.String()); len(rows) != 1 || c.Err() != nil || c.Stats().ListDone {
			t.Errorf("%v, %v, %+v", rows, c.Err(), c.Stats())
		}
	})
}

// TestListNotReadAfterDrain: what arrives after that is not taken, nor is an error that nobody needs to know.
func TestListNotReadAfterDrain(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.delay = func() time.Duration { return time.Second }
		f := newFakeFetcher(w, always(answer{after: time.Minute}))
		out := &output{}
		c := New(w, f, NewSource([]string{"http://a/"}, "list", &withError{list: "http://b/\n"}), NewSink("output", out), Options{Concurrency: 10})
		w.After(time.Second/2, c.Drain)
		run(t, w, c)
		if s := c.Stats(); s.Ledger.Discovered != 1 || s.Ledger.Fetched != 1 || s.ListDone || !s.Draining || c.Err() != nil {
			t.Errorf("%+v, %v", s, c.Err())
		}
	})
}

// FuzzSource: a list says what it says, however it arrives. In the input @ stands for 70,000 letters and _ for
// as many spaces, for the lines that are too long.
func FuzzSource(f *testing.F) {
	f.Add([]byte("http://a/\n#b\r\n\n\ufeffc"), uint64(1))
	f.Add([]byte("\ufeff http://a/\x00\xff\n@\n_x\n"), uint64(2))
	f.Add([]byte("_\n_#@\n@_é@\nx"), uint64(3))
	f.Add([]byte("#\n# \n\t"), uint64(4))
	long := strings.Repeat("x", 70_000)
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		if strings.Count(string(input), "@")+strings.Count(string(input), "_") > 20 {
			return // 20 times 70,000 say what a thousand would
		}
		list := strings.NewReplacer("@", long, "_", strings.Repeat(" ", len(long))).Replace(string(input))
		want := itemsIn(list)
		rng := rand.New(rand.NewPCG(seed, 2))
		for _, most := range []int{chunkSize, 1 + rng.IntN(20), 1 + rng.IntN(100_000)} {
			if most*10_000 < len(list) {
				continue // a byte at a time says no more of a megabyte
			}
			r := &randomReads{rest: list, rng: rng, most: most}
			s := NewSource(nil, "list", r)
			got := itemsOf(t, s)
			if diff := sameItems(got, want); diff != "" {
				t.Errorf("reads of up to %d bytes: %s", most, diff)
			}
			if s.read != int64(len(list)) || cap(s.partial) > 2*maxLine {
				t.Errorf("%d bytes taken, of %d; %d held", s.read, len(list), cap(s.partial))
			}
			if !slices.IsSortedFunc(got, func(a, b Item) int { return a.Line - b.Line }) {
				t.Error("lines out of order")
			}
		}
	})
}

// randomReads gives a list in parts of random size, some of them empty, the end with or after the last.
type randomReads struct {
	rest string
	rng  *rand.Rand
	most int
}

func (r *randomReads) Read(b []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), r.rng.IntN(r.most+1))], r.rest)
	r.rest = r.rest[n:]
	if r.rest == "" && r.rng.IntN(2) == 0 {
		return n, io.EOF
	}
	return n, nil
}
