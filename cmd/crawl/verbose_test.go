package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"crawl/internal/fetch"
)

// TestWaterfall: where bars begin and end, at every width.
func TestWaterfall(t *testing.T) {
	ms := time.Millisecond
	hops := [][]fetch.Span{
		{{Phase: fetch.PhaseConnect, Begin: 0, Took: 25 * ms, Ended: true}, {Phase: fetch.PhaseFirstByte, Begin: 25 * ms, Took: 25 * ms, Ended: true}},
		{{Phase: fetch.PhaseTLS, Begin: 50 * ms, Took: 1, Ended: true}, {Phase: fetch.PhaseBody, Begin: 75 * ms, Took: 25 * ms}},
	}
	for width, cells := range map[int]int{10: leastCells, 40: 15, 80: 55, 200: 175} {
		for _, unicode := range []bool{false, true} {
			rows := waterfall(hops, 100*ms, screen{width: width, unicode: unicode})
			if len(rows) != 5 || strings.TrimSpace(rows[4]) != "total        100ms" {
				t.Fatalf("%d columns: %q", width, rows)
			}
			full, open := "#", "?"
			if unicode {
				full, open = "█", "░"
			}
			at := func(percent int) int { return cells * percent / 100 }
			for i, want := range []struct {
				label, mark string
				from, to    int
			}{
				{" 1 connect ", full, 0, at(25)},
				{" 1 waiting ", full, at(25), at(50)},
				{" 2 tls ", full, at(50), at(50) + 1},
				{" 2 receiving ", open, at(75), cells},
			} {
				_, bar, _ := strings.Cut(rows[i], "|")
				picture := strings.Repeat(" ", want.from) + strings.Repeat(want.mark, want.to-want.from) + strings.Repeat(" ", cells-want.to) + "|"
				if bar != picture || !strings.HasPrefix(rows[i], want.label) {
					t.Errorf("%d columns, row %d: %q, want %q", width, i, rows[i], picture)
				}
				if n := utf8.RuneCountInString(rows[i]); width >= 40 && n > width-1 {
					t.Errorf("row of %d in %d columns: %q", n, width, rows[i])
				}
			}
		}
	}
	coloured := waterfall(hops, 100*ms, screen{width: 80, colour: true})
	if !strings.Contains(coloured[3], "\x1b["+red+"m???") || !strings.Contains(coloured[0], "\x1b["+green+"m###") {
		t.Errorf("colours: %q", coloured)
	}
	if rows := waterfall(nil, 0, screen{width: 80}); len(rows) != 1 {
		t.Errorf("nothing: %q", rows)
	}
}

// TestDurationText: within eight columns, cut off as records are.
func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0us", 999: "0us", 4999: "4us", time.Millisecond: "1.00ms", 12345 * time.Microsecond: "12ms",
		1500 * time.Millisecond: "1.50s", 5 * time.Minute: "300.0s", 24 * time.Hour: "86400.0s",
	} {
		if got := durationText(d, false); got != want || len(got) > 8 {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// TestVerboseHeads: secrets and commands to a terminal are not shown, wherever in a head they are.
func TestVerboseHeads(t *testing.T) {
	for head, want := range map[string]string{
		"GET / HTTP/1.1\r\nAuthorization: Basic secret\r\n\r\n":               "< GET / HTTP/1.1\n< Authorization: ***\n<\n",
		"PROXY-AUTHORIZATION:secret\r\n":                                      "< PROXY-AUTHORIZATION: ***\n",
		"Cookie: a=secret\r\nsEt-cookie : secret\r\n more secret\r\nX: y\r\n": "< Cookie: ***\n< sEt-cookie : ***\n<  ***\n< X: y\n",
		"Location: http://u:secret@h/p@q?a@b\r\n":                             "< Location: http://***@q?a@b\n",
		"Location: //secret@h/\r\n":                                           "< Location: //***@h/\n",
		"Location: http:u:secret@h/\r\n":                                      "< Location:***@h/\n",
		"Link: <https://u:secret@h/>; x=//v:secret@w\r\n":                     "< Link: <https://***@h/>; x=//***@w\n",
		"Link: <https://h/a@b>\r\n":                                           "< Link: <https://h/a@b>\n",
		"HTTP/1.1 200 \x1b[2J\x9b31m\u202e\r\nX: a\rb\x07\n\r\n":              "< HTTP/1.1 200 \\x1b[2J\uFFFD31m\\u202e\n< X: a\\x0db\\x07\n<\n",
	} {
		var b strings.Builder
		newVerbose(&b, nil).event(&fetch.Event{Kind: fetch.EventHead, Head: []byte(head)})
		if b.String() != want {
			t.Errorf("%q: %q, want %q", head, b.String(), want)
		}
		if strings.Contains(b.String(), "secret") {
			t.Errorf("%q shows a secret", head)
		}
	}
	var b strings.Builder
	newVerbose(&b, nil).event(&fetch.Event{Kind: fetch.EventRedirect, Text: "http://u:secret@h/\x1b"})
	if b.String() != "* redirect to http://***@h/\\x1b\n" {
		t.Errorf("note: %q", b.String())
	}
}
