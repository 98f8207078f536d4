//go:build unix

package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"crawl/internal/crawler"
)

// drawnAt are the widths of the golden lines.
var drawnAt = []int{40, 60, 80, 120, 200}

type drawing struct {
	name string
	f    figures
}

func drawings() []drawing {
	begun := figures{total: -1, Stats: crawler.Stats{}}
	early := figures{total: 20_000, perSecond: 3.25, Stats: crawler.Stats{
		Ledger: crawler.Ledger{Discovered: 1000, Fetched: 1, Pending: 999}, InFlight: 999, Elapsed: 400 * time.Millisecond, ListRead: 1,
	}}
	middle := figures{total: 10_000, exact: true, perSecond: 1234.4, bytesPerSecond: 2.4 * (1 << 20), eta: 4500 * time.Millisecond, etaKnown: true, Stats: crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 10_000, Fetched: 4397, Failed: 3, Skipped: 100, Pending: 5500},
		InFlight: 1000, Elapsed: 3700 * time.Millisecond, Retrying: 12,
	}}
	huge := figures{total: 98_765_432, perSecond: 12_345, bytesPerSecond: 123 << 20, eta: 2 * time.Hour, etaKnown: true, Stats: crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 9_900_000, Fetched: 9_112_233, Failed: 123_456, Skipped: 654_321, Pending: 9990},
		InFlight: 10_000, Elapsed: 13 * time.Minute, ListRead: 1,
	}}
	pipe := middle
	pipe.total, pipe.etaKnown, pipe.exact = -1, false, false
	ending := middle
	ending.Draining, ending.etaKnown = true, false
	paused := middle
	paused.Paused, paused.InFlight, paused.etaKnown = true, 0, false
	links := middle
	links.exact, links.growing, links.eta, links.critical = false, true, 3*time.Hour+25*time.Minute, "https://"+strings.Repeat("docs.", 10)+"example.org"
	done := middle
	done.Ledger = crawler.Ledger{Discovered: 10_000, Fetched: 10_000}
	done.InFlight, done.Retrying, done.eta = 0, 0, 0
	guessed := done // the guess was too low, and the list goes on
	guessed.exact = false
	return []drawing{{"begun", begun}, {"early", early}, {"middle", middle}, {"huge", huge}, {"pipe", pipe}, {"ending", ending}, {"paused", paused}, {"links", links}, {"done", done}, {"guessed", guessed}}
}

// The line at each width, word for word: in testdata/progress.golden.
func TestLine(t *testing.T) {
	var b strings.Builder
	for _, d := range drawings() {
		for _, unicode := range []bool{true, false} {
			fmt.Fprintf(&b, "# %s, unicode %t\n", d.name, unicode)
			for _, width := range drawnAt {
				fmt.Fprintf(&b, "%s\n", d.f.line(screen{width: width, unicode: unicode}))
			}
		}
		fmt.Fprintf(&b, "# %s, in colour\n%q\n\n", d.name, d.f.line(screen{width: 120, unicode: true, colour: true}))
	}
	const file = "testdata/progress.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, lines := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(lines)) {
		if i >= len(got) || i >= len(lines) || got[i] != lines[i] {
			t.Fatalf("%s:%d is not what is drawn:\n%s", file, i+1, b.String())
		}
	}
}

// Whatever the width, the line fits, has nothing to obey in it but colours, and the same words with them as without.
// What is more important is never left out for what is less.
func TestLineFits(t *testing.T) {
	colours := regexp.MustCompile(`\x1b\[(3[123]|0)m`)
	for _, d := range drawings() {
		for width := range 250 {
			for _, unicode := range []bool{true, false} {
				line := d.f.line(screen{width: width, unicode: unicode})
				if n := utf8.RuneCountInString(line); n >= max(1, width) {
					t.Errorf("%s: %d columns of %d: %q", d.name, n, width, line)
				}
				if !unicode && strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("%s: not ASCII: %q", d.name, line)
				}
				coloured := d.f.line(screen{width: width, unicode: unicode, colour: true})
				if colours.ReplaceAllString(coloured, "") != line {
					t.Errorf("%s: %q, and in colour %q", d.name, line, coloured)
				}
				if width >= 40 && d.f.Ledger.Failed > 0 && !strings.Contains(line, " failed") {
					t.Errorf("%s: at %d columns, nothing of failures: %q", d.name, width, line)
				}
			}
		}
	}
}

// The bar has as many cells as it is given, of which as many are full as the percent says; nothing goes on drawing it.
func TestLineBar(t *testing.T) {
	before := runtime.NumGoroutine()
	for percent := range int64(101) {
		f := figures{total: 100, exact: true, Stats: crawler.Stats{Ledger: crawler.Ledger{Fetched: percent}}}
		bar := f.bar(20, true)
		full, empty := strings.Count(bar, "█"), strings.Count(bar, "░")
		if full+empty != 20 || utf8.RuneCountInString(bar) != 22 || full != int(percent*20/100) {
			t.Errorf("%d%%: %q", percent, bar)
		}
		if bar := f.bar(20, false); len(bar) != 22 || bar[0] != '[' || bar[21] != ']' {
			t.Errorf("%d%%: %q", percent, bar)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines were left behind", after-before)
	}
}

// What the environment and the stream say is what is drawn.
func TestScreen(t *testing.T) {
	master, slave, err := openTerminal()
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	defer slave.Close()
	cases := []struct {
		env  string
		want screen
	}{
		{"", screen{100, true, true, false}},
		{"TERM=xterm LANG=en_US.UTF-8", screen{100, true, true, true}},
		{"LC_ALL=C LANG=en_US.UTF-8", screen{100, true, true, false}},
		{"LC_CTYPE=de_DE.utf8@euro LANG=C", screen{100, true, true, true}},
		{"LC_ALL= LC_CTYPE=C.utf8", screen{100, true, true, true}},
		{"LANG=de_DE.ISO-8859-1", screen{100, true, true, false}},
		{"NO_COLOR=1", screen{100, true, false, false}},
		{"NO_COLOR=0", screen{100, true, false, false}},
		{"NO_COLOR=", screen{100, true, true, false}},
		{"TERM=dumb", screen{100, false, false, false}},
	}
	for _, c := range cases {
		getenv := func(name string) string {
			for _, v := range strings.Fields(c.env) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}
		if got := newScreen(slave, getenv); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.env, got, c.want)
		}
		if got, want := newScreen(&strings.Builder{}, getenv), (screen{width: usualWidth, unicode: c.want.unicode}); got != want {
			t.Errorf("%q, no terminal: %+v, want %+v", c.env, got, want)
		}
	}
	for value, want := range map[string]bool{"": false, "true": true, "1": true, "woodpecker": true, "false": false, "0": false} {
		if got := inCI(func(string) string { return value }); got != want {
			t.Errorf("CI=%s: %t", value, got)
		}
	}
}
