package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"crawl/internal/crawler"
)

// figures are what progress is made of, at one instant.
type figures struct {
	crawler.Stats
	total          int64 // URLs; -1: not known
	exact          bool  // until the list is read, total is a guess
	perSecond      float64
	bytesPerSecond float64
	eta            time.Duration
	etaKnown       bool
	growing        bool   // total is what was found so far
	critical       string // the host that the ETA is of; "": of all
}

// A guess at what is left needs some time to look back at: what begins at once is not answered at once. And beyond
// some length it says nothing.
const (
	firstETA   = 2 * time.Second
	longestETA = 100 * 24 * time.Hour
)

func newFigures(s *crawler.Stats, listSize int64, recent *pace) *figures {
	f := &figures{Stats: *s, perSecond: recent.perSecond(), bytesPerSecond: recent.bytesPerSecond()}
	f.total, f.exact = s.Total(listSize)
	f.eta, f.critical, f.etaKnown = s.ETA(listSize)
	f.growing = s.IsGrowing()
	f.etaKnown = f.etaKnown && !s.Paused && s.Active() >= firstETA && f.eta <= longestETA
	return f
}

// state is what a crawl does other than going on; "": nothing.
func (f *figures) state() string {
	switch {
	case f.Draining:
		return "ending"
	case f.Paused:
		return "paused"
	}
	return ""
}

func (f *figures) count(of, ofAbout string) string {
	switch done := f.Ledger.Settled(); {
	case f.total < 0:
		return fmt.Sprint(done)
	case f.exact, f.growing: // then it is no goal, but no guess either
		return fmt.Sprintf("%d%s%d", done, of, f.total)
	default:
		return fmt.Sprintf("%d%s%d", done, ofAbout, roundGuess(f.total))
	}
}

// roundGuess keeps three digits: the others of a guess change all the time, and mean nothing.
func roundGuess(n int64) int64 {
	unit := int64(1)
	for n/unit >= 1000 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

func (f *figures) rate() string {
	if f.perSecond >= slowest && f.perSecond < 9.95 {
		return fmt.Sprintf("%.1f/s", f.perSecond)
	}
	return fmt.Sprintf("%.0f/s", f.perSecond)
}

// etaText never says that it takes no time, nor how long what is not found yet will take.
func (f *figures) etaText() string {
	text := "ETA " + shortTime(max(f.eta, time.Second))
	if f.growing {
		text += " or more"
	}
	return text
}

// criticalText names the host that all wait for in the end, as far as there is room in a line.
func (f *figures) criticalText() string {
	const most = 40
	name := f.critical
	if len(name) > most {
		name = name[:most-3] + "..."
	}
	return "by the pace of " + name
}

func (f *figures) bytesRate() string { return bytesText(int64(f.bytesPerSecond)) + "/s" }

// percent is rounded down: 100 is all.
func (f *figures) percent() int64 {
	if f.total <= 0 {
		return 0
	}
	p := f.Ledger.Settled() * 100 / f.total
	if !f.exact {
		p = min(p, 99)
	}
	return p
}

// Colours are of the terminal's own palette, and few: what went wrong, what was left out, and how far it is.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// piece is a part of the line.
type piece struct {
	rank   int    // 0 is the most important; each has its own
	before string // what sets it off from the one before
	text   string
	colour string // "": none
}

func (p *piece) width() int { return utf8.RuneCountInString(p.before) + utf8.RuneCountInString(p.text) }

// Where words are short, and where there is no room for more than a space between two pieces.
const (
	compactWidth = 100
	narrowWidth  = 60
)

// The bar takes a sixth of the line, within these. Its percent is whole, so a longer one would show no more.
const (
	minBar  = 6
	maxBar  = 40
	barRank = 6
)

// line is what is drawn on s, one column narrower, for terminals differ in what the last one does. Where there is
// no room for all, the least important is left out.
func (f *figures) line(s screen) string {
	pieces := f.pieces(s)
	room := s.width - 1
	kept := map[int]bool{}
	for rank := range ranks {
		i := slices.IndexFunc(pieces, func(p piece) bool { return p.rank == rank })
		if i < 0 {
			continue
		}
		p := &pieces[i]
		if rank == barRank {
			if p.text = f.bar(min(max(minBar, s.width/6), maxBar, room-len("  |")), s.unicode); p.text == "" {
				continue
			}
		}
		if p.width() > room {
			break
		}
		room -= p.width()
		kept[rank] = true
	}
	var out strings.Builder
	for _, p := range pieces {
		if kept[p.rank] {
			out.WriteString(p.before + s.paint(p.text, p.colour))
		}
	}
	return out.String()
}

// ranks is how many there are.
const ranks = 14

// pieces are all that there is to say, from left to right.
func (f *figures) pieces(s screen) []piece {
	then := ", "
	if s.unicode {
		then = " · "
	}
	if s.width < narrowWidth {
		then = " "
	}
	of, ofAbout := " of ", " of about "
	if s.width < compactWidth {
		of, ofAbout = "/", "/~"
	}
	var all []piece
	add := func(when bool, p piece) {
		if when {
			all = append(all, p)
		}
	}
	goal := f.total > 0 && !f.Draining && !f.growing
	counted := f.count(of, ofAbout)
	switch {
	case f.total < 0:
		counted += " done"
	case f.growing:
		counted += " found"
	}
	countRank, flightRank := 3, 7
	if f.Draining { // then it ends with what is in flight
		countRank, flightRank = flightRank, countRank
	}
	add(goal, piece{rank: 0, text: fmt.Sprintf("%3d%%", f.percent())})
	add(!goal, piece{rank: 0, text: spinner(f.Elapsed, s.unicode)})
	add(f.state() != "", piece{1, " ", f.state(), yellow})
	add(goal, piece{barRank, " ", "", green})
	add(true, piece{countRank, " ", counted, ""})
	add(true, piece{4, then, f.rate(), ""})
	add(true, piece{flightRank, then, fmt.Sprintf("%d in flight", f.InFlight), ""})
	add(true, piece{10, then, fmt.Sprintf("%d ok", f.Ledger.Fetched), ""})
	add(f.Ledger.Failed > 0, piece{2, then, fmt.Sprintf("%d failed", f.Ledger.Failed), red})
	add(f.Ledger.Skipped > 0, piece{8, then, fmt.Sprintf("%d skipped", f.Ledger.Skipped), yellow})
	add(f.Retrying > 0, piece{11, then, fmt.Sprintf("%d to try again", f.Retrying), ""})
	add(true, piece{9, then, f.bytesRate(), ""})
	add(f.etaKnown, piece{5, then, f.etaText(), ""})
	add(f.etaKnown && f.critical != "", piece{13, then, f.criticalText(), ""})
	add(true, piece{12, then, "after " + shortTime(f.Elapsed), ""})
	return all
}

// paint sets a text in a colour, where there are some.
func (s *screen) paint(text, colour string) string {
	if !s.colour || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// bar is that of progressbar, of so many cells between its ends, without the rest of its line; "" if they are too few.
func (f *figures) bar(cells int, unicode bool) string {
	if cells < minBar {
		return ""
	}
	theme := progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: ".", BarStart: "[", BarEnd: "]"}
	if unicode {
		theme = progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "▕", BarEnd: "▏"}
	}
	b := progressbar.NewOptions64(100,
		progressbar.OptionSetWriter(io.Discard), // it is asked for what it has drawn
		progressbar.OptionSetWidth(cells),
		progressbar.OptionSetTheme(theme),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
	)
	_ = b.Set64(f.percent()) // its errors are of io.Discard
	_ = b.RenderBlank()      // 0 is not drawn by Set64
	_, drawn, _ := strings.Cut(b.String(), "% ")
	return strings.TrimSpace(drawn)
}

// spinner moves with the time, where it is not known how much there is to do.
func spinner(elapsed time.Duration, unicode bool) string {
	states := []rune(`|/-\`)
	if unicode {
		states = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	}
	return string(states[int(elapsed/drawInterval)%len(states)])
}

// shortTime is 9s, 3m20s, 1h05m or 2d03h: two units at most.
func shortTime(d time.Duration) string {
	seconds := int64(d.Round(time.Second) / time.Second)
	switch minutes, hours := seconds/60, seconds/3600; {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case hours < 1:
		return fmt.Sprintf("%dm%02ds", minutes, seconds%60)
	case hours < 48:
		return fmt.Sprintf("%dh%02dm", hours, minutes%60)
	default:
		return fmt.Sprintf("%dd%02dh", hours/24, hours%24)
	}
}
