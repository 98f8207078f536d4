package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"crawl/internal/crawler"
)

// progress shows where a crawl stands.
type progress interface {
	show(f *figures)
	finish()
}

// How often the line is drawn, and when plain lines come: soon once, then seldom.
const (
	drawInterval  = 200 * time.Millisecond
	firstLine     = time.Second
	plainInterval = 5 * time.Second
)

// startProgress shows progress from a goroutine of its own, which asks the engine for figures: the crawl waits
// neither for it nor, by the console, for who reads it. The function it returns ends it.
func (r *session) startProgress() func() {
	p, first, every := r.newProgress()
	if p == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer p.finish()
		var recent pace
		tick := time.NewTimer(first)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			stats := make(chan crawler.Stats, 1)
			r.engine.Post(func() { stats <- r.look() })
			select {
			case s := <-stats:
				recent.look(&s)
				p.show(newFigures(&s, r.listSize, &recent))
			case <-quit:
				return
			}
			tick.Reset(every)
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// look is where the crawl stands, with what an ETA needs. It runs on the engine.
func (r *session) look() crawler.Stats {
	s := r.crawler.Stats()
	if s.PerHost > 0 || s.Walk != nil { // else nothing waits for a host
		hosts := r.crawler.Hosts(shownHosts)
		s.See(&hosts)
	}
	return s
}

// newProgress is nil for none.
func (r *session) newProgress() (p progress, first, every time.Duration) {
	kind := r.options.progress
	if r.options.quiet {
		kind = "none"
	}
	if kind == "auto" {
		kind = "plain"
		if newScreen(r.streams.err, os.Getenv).ansi && !inCI(os.Getenv) {
			kind = "bar"
		}
	}
	switch kind {
	case "bar":
		if c, ok := r.streams.err.(*console); ok { // always, but in tests
			return &drawnLine{c: c}, drawInterval, drawInterval
		}
	case "plain":
		return &plainLines{r.streams.err}, firstLine, plainInterval
	}
	return nil, 0, 0
}

// outputFull is what a crawl does that goes on no faster than its records are taken.
const outputFull = "waiting for whoever reads the records"

// fullLooks is how many looks in a row find the output full before the line says so: for a moment it always may be.
const fullLooks = 5

// drawnLine is for people: one line, drawn again and again.
type drawnLine struct {
	c    *console
	full int // looks in a row that found the output full
}

// In the background the terminal is another's.
func (d *drawnLine) show(f *figures) {
	if !f.Full || f.Paused {
		d.full = min(d.full, 0)
	} else if d.full++; d.full == fullLooks {
		fmt.Fprintf(d.c, "crawl: %s\n", outputFull)
		d.full = math.MinInt // said once
	}
	if inForeground(file(d.c)) {
		d.c.draw(f.line(newScreen(d.c, os.Getenv)))
	} else {
		d.c.forget()
	}
}

func (d *drawnLine) finish() { d.c.draw("") }

// plainLines is for logs: each says everything.
type plainLines struct{ w io.Writer }

func (p *plainLines) show(f *figures) {
	eta := ""
	if f.etaKnown {
		eta = ", " + f.etaText()
		if f.critical != "" {
			eta += ", " + f.criticalText()
		}
	}
	done := f.count(" of ", " of about ") + " done"
	if f.growing {
		done = fmt.Sprintf("%d done of %d found so far", f.Ledger.Settled(), f.total)
	}
	state := f.state()
	if f.Full && !f.Paused {
		state = outputFull
	}
	if state != "" {
		state += ", "
	}
	fmt.Fprintf(p.w, "crawl: %s: %s%s (%d failed, %d skipped), %d in flight, %s, %s%s\n",
		f.Elapsed.Round(time.Second), state, done, f.Ledger.Failed, f.Ledger.Skipped, f.InFlight,
		f.rate(), f.bytesRate(), eta)
}

func (p *plainLines) finish() {}
