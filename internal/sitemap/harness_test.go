package sitemap

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"crawl/internal/link"
)

// result is all that a parser says of a document.
type result struct {
	list []Entry
	lost []string // what was dropped, and why
	err  error
	Summary
}

// read writes a document to a parser, so many bytes at a time.
func read(o Options, document []byte, step int) (r result) {
	o.Dropped = func(address []byte, err error) { r.lost = append(r.lost, fmt.Sprintf("%q: %v", address, err)) }
	p := NewParser(o, func(e *Entry) {
		kept := *e
		kept.Related = slices.Clone(e.Related)
		r.list = append(r.list, kept)
	})
	for len(document) > 0 && r.err == nil {
		n := min(step, len(document))
		piece := bytes.Clone(document[:n]) // so that it shows if it is kept
		_, r.err = p.Write(piece)
		clear(piece)
		document = document[n:]
	}
	if err := p.Close(); r.err == nil {
		r.err = err
	}
	r.Summary = p.Summary()
	return r
}

// String has everything that must not depend on how a document is split.
func (r result) String() string {
	var b strings.Builder
	for _, e := range r.list {
		fmt.Fprintf(&b, "%s %s %v %v outside=%v", e.URL.String(), e.Modified.Format("2006-01-02T15:04:05.999999999Z07:00"), e.Frequency, e.Priority, e.Outside)
		for _, related := range e.Related {
			fmt.Fprintf(&b, " %v:%s:%s", related.Relation, related.Language, related.URL.String())
		}
		b.WriteByte('\n')
	}
	if r.err != nil {
		r.Bytes = 0 // how many there were in what was written last
	}
	fmt.Fprintf(&b, "lost %q\n%v entries=%d dropped=%d bytes=%d cut=%v err=%v\n", r.lost, r.Format, r.Entries, r.Dropped, r.Bytes, r.Cut, r.err)
	return b.String()
}

// addresses are those of the entries, with a space between.
func (r result) addresses() string {
	var list []string
	for _, e := range r.list {
		list = append(list, e.URL.String())
	}
	return strings.Join(list, " ")
}

func mustParse(t testing.TB, s string) link.URL {
	t.Helper()
	u, err := link.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// everywhere reads a document whole and split at every place, byte by byte too, and checks that nothing depends on it.
func everywhere(t *testing.T, o Options, document string) result {
	t.Helper()
	whole := read(o, []byte(document), 1<<30)
	want := whole.String()
	for _, step := range []int{1, 2, 3, 5} {
		if got := read(o, []byte(document), step).String(); got != want {
			t.Fatalf("%.300q in steps of %d:\n%s\nwhole:\n%s", document, step, got, want)
		}
	}
	for cut := range min(len(document), 500) {
		r := result{}
		o := o
		o.Dropped = func(address []byte, err error) { r.lost = append(r.lost, fmt.Sprintf("%q: %v", address, err)) }
		p := NewParser(o, func(e *Entry) {
			kept := *e
			kept.Related = slices.Clone(e.Related)
			r.list = append(r.list, kept)
		})
		for _, piece := range []string{document[:cut], document[cut:]} {
			if _, err := p.Write([]byte(piece)); err != nil {
				break
			}
		}
		r.err = p.Close()
		r.Summary = p.Summary()
		if got := r.String(); got != want {
			t.Fatalf("%.300q split at %d:\n%s\nwhole:\n%s", document, cut, got, want)
		}
	}
	return whole
}

// pack packs with the standard library, which the parser does not use.
func pack(t testing.TB, document string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(document)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
