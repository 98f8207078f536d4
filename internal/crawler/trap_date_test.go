//go:build unix

package crawler

import (
	"fmt"
	"testing"
	"time"
)

// TestMoments: what is a date in a URL, where it stands, and what only looks like one.
func TestMoments(t *testing.T) {
	for target, want := range map[string]moment{
		"/2027/04/": {"/", 2027}, "/cal/2027/4": {"/cal/", 2027}, "/cal/2027-04": {"/cal/", 2027}, "/cal/2027-04-30.html": {"/cal/", 2027},
		"/events?month=2027-04": {"/events?month", 2027}, "/e?x=1&Year=2036&month=12": {"/e?Year", 2036}, "/e?d=2027-12-31": {"/e?d", 2027},
		"/": {}, "/2027": {}, "/2027/": {}, "/2027/13": {}, "/2027/0": {}, "/2027/004": {}, "/12027/04": {}, "/2027x04": {}, "/2027/04x": {}, "/x2027-04": {},
		"/st-2110-10": {}, "/e?x=2027": {}, "/e?year=20270": {}, "/e?year=next": {}, "/e?2027-04": {}, "/e?year": {}, "/e?a=2027/04": {},
	} {
		if got := momentOf(target); got != want {
			t.Errorf("%s: %+v, want %+v", target, got, want)
		}
	}
}

// TestLeadsAstray: only from a plausible time to one far ahead, at the same place.
func TestLeadsAstray(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"/cal/2036/12/", "/cal/2037/01/", true},
		{"/cal/1970/01/", "/cal/9999-12", true},
		{"/cal?year=2036&month=12", "/cal?month=1&year=2037", true},
		{"/cal/2036/11/", "/cal/2036/12/", false},
		{"/cal/", "/cal/2099/01/", false},
		{"/thread/2100/2", "/thread/2100/3", false},
		{"/thread/1969/2", "/thread/2100/3", false},
		{"/news/2026/07/", "/parts/4711-01", false},
		{"/2026/07/", "/thread/2100/3", false},
		{"/cal/2026/07", "/cal/", false},
	} {
		to := mustParse(t, "http://h"+c.to)
		about := momentOf(c.from)
		if got := about.leadsAstray(&to, 2026); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}

// TestWalkCalendar: a calendar that goes on for ever comes to an end, ten years ahead.
func TestWalkCalendar(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, _ int) page {
			at, err := time.Parse("http://h/cal/2006/01", url)
			if err != nil {
				t.Error(err)
			}
			return page{body: links(at.AddDate(0, 1, 0).Format("/cal/2006/01"), at.AddDate(1, 0, 0).Format("/cal/2006/01"))}
		}
		year := max(firstYear, w.Now().Year())
		c, out := walkOf(t, f, []string{fmt.Sprintf("http://h/cal/%d/01", year)}, Options{Follow: &Follow{MaxDepth: -1, Robots: RobotsIgnore, RecordSkipped: true}})
		c.dispatch.walk.year = year
		runWalk(t, f, c)
		if c.ledger.Fetched != 12*(farYears+1) || c.ledger.Classes[SkipTrap] != 12 {
			t.Errorf("%s, %v", &c.ledger, c.ledger.Classes)
		}
		row := rowsOfPages(t, out.String())[fmt.Sprintf("http://h/cal/%d/03", year+farYears+1)]
		if row.Class != "trap" || row.Error != "a calendar that goes on for more than 10 years" || row.Referrer != fmt.Sprintf("http://h/cal/%d/03", year+farYears) {
			t.Errorf("%+v", row)
		}
	})
}
