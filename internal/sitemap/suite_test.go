package sitemap

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"crawl/internal/link"
	"crawl/internal/suites"
)

// suiteCase is one of sitemaps.jsonl.
type suiteCase struct {
	ID         string
	URL        string
	Content    []byte `json:"content_b64"`
	Strict, OK bool
	Type       string
	Locs       [][]string
}

// TestSuite: the documents of crawler-commons have the entries that it finds. Of 038 and 039, which are one document
// whose namespace is not that of sitemaps, the second holds: nobody who serves such a thing means anything else, and
// the names of its elements say what it is.
func TestSuite(t *testing.T) {
	for _, c := range suites.Read[suiteCase](t, "sitemaps.jsonl", 18) {
		t.Run(c.ID, func(t *testing.T) {
			u, err := link.Parse(c.URL)
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []int{1, 2, 3, 7, 64, 1 << 30} {
				got := read(Options{URL: u}, c.Content, step)
				if !c.OK && c.ID != "sitemap-038" {
					if got.err == nil {
						t.Errorf("in steps of %d: no error, want one", step)
					}
					continue
				}
				if got.err != nil {
					t.Fatalf("in steps of %d: %v", step, got.err)
				}
				if c.ID == "sitemap-038" {
					continue
				}
				if want := suiteFormat(c.Type); got.Format != want {
					t.Errorf("in steps of %d: format %v, want %v", step, got.Format, want)
				}
				if got, want := inSuite(got, c.Strict), joinAll(c.Locs); got != want {
					t.Errorf("in steps of %d:\n%s\nwant\n%s", step, got, want)
				}
			}
		})
	}
}

func suiteFormat(name string) Format {
	return map[string]Format{"XML": URLSet, "INDEX": Index, "RSS": RSS, "ATOM": Atom, "TEXT": Text}[name]
}

func joinAll(list [][]string) string {
	var b strings.Builder
	for _, l := range list {
		b.WriteString(strings.Join(l, " | ") + "\n")
	}
	return b.String()
}

// inSuite writes entries as the suite does. strict: those outside the sitemap's folder are left out.
func inSuite(r result, strict bool) string {
	var list [][]string
	for _, e := range r.list {
		if strict && e.Outside {
			continue
		}
		modified, frequency := "", "null"
		if !e.Modified.IsZero() {
			modified = e.Modified.Format(time.RFC3339)
		}
		if e.Frequency != Unspecified {
			frequency = strings.ToUpper(e.Frequency.String())
		}
		line := []string{e.URL.String(), modified}
		if r.Format != Index {
			line = append(line, frequency, strconv.FormatFloat(e.Priority, 'f', -1, 64), "true")
		}
		list = append(list, line)
	}
	return joinAll(list)
}
