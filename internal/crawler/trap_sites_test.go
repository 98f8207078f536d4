package crawler

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// TestNoTrapInSites: no page of the real sites is one, whichever other leads to it.
func TestNoTrapInSites(t *testing.T) {
	lists, err := filepath.Glob(suites.Path("sites/*.pages.tsv.gz"))
	if err != nil || len(lists) == 0 {
		t.Skip("the lists of the sites' pages are not there")
	}
	pages, dates := 0, 0
	for _, list := range lists {
		f, err := os.Open(list)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(z); lines.Scan(); {
			path, _, _ := strings.Cut(lines.Text(), "\t")
			if !strings.HasPrefix(path, "/") {
				continue
			}
			pages++
			u := mustParse(t, "http://h"+path)
			if rule := trapOf(&u); rule != noTrap {
				t.Errorf("%s is a trap: %v", path, rule.err())
			}
			if m := momentOf(u.Target()); m.year > 2026+farYears { // nothing leads astray then
				t.Errorf("%s is far ahead: %+v", path, m)
			} else if m.year != 0 {
				dates++
			}
		}
	}
	if t.Logf("%d pages, %d with a date", pages, dates); pages < 10_000 {
		t.Errorf("%d pages", pages)
	}
}
