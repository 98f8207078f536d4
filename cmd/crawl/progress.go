package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"crawl/internal/crawler"
)

// progress shows where a crawl stands.
type progress interface {
	show(s *crawler.Stats)
	finish()
}

// How often the bar moves, and when plain lines come: soon once, then seldom.
const (
	barInterval   = 200 * time.Millisecond
	firstLine     = time.Second
	plainInterval = 5 * time.Second
)

// startProgress shows progress from a goroutine of its own, which asks the engine for figures: drawing may
// block, and the crawl does not wait for it. The function it returns ends it.
func (r *session) startProgress() func() {
	p, first, every := r.newProgress()
	if p == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer p.finish()
		tick := time.NewTimer(first)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			stats := make(chan crawler.Stats, 1)
			r.engine.Post(func() { stats <- r.crawler.Stats() })
			select {
			case s := <-stats:
				p.show(&s)
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

func (r *session) newProgress() (p progress, first, every time.Duration) {
	kind := r.options.progress
	if r.options.quiet {
		kind = "none"
	}
	if kind == "auto" {
		kind = "plain"
		if canDraw(r.streams.err) {
			kind = "bar"
		}
	}
	switch kind {
	case "bar":
		return newBar(r.streams.err, r.listSize), barInterval, barInterval
	case "plain":
		return &plainLines{w: r.streams.err, size: r.listSize}, firstLine, plainInterval
	}
	return nil, 0, 0
}

// minBarWidth is what the bar needs with large figures. Where a line is wrapped, it would leave a new one behind
// each time that it is drawn.
const minBarWidth = 80

// canDraw reports whether w is a terminal on which a line can be drawn again and again.
func canDraw(w io.Writer) bool {
	if !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return false
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	return err != nil || width == 0 || width >= minBarWidth // 0: it does not say
}

// estimate guesses how many URLs a list has of which part is read: the lines so far are as long as the rest.
// Without a size, or a line, it is -1.
func estimate(s *crawler.Stats, size int64) int64 {
	switch {
	case s.ListDone:
		return s.Ledger.Discovered
	case size == 0 || s.ListRead == 0 || s.Ledger.Discovered == 0:
		return -1
	}
	return max(s.Ledger.Discovered, int64(float64(s.Ledger.Discovered)*float64(size)/float64(s.ListRead)))
}

func settled(l *crawler.Ledger) int64 { return l.Fetched + l.Failed + l.Skipped }

// plainLines is for logs.
type plainLines struct {
	w    io.Writer
	size int64
	last int64
	at   time.Duration
}

func (p *plainLines) show(s *crawler.Stats) {
	done := settled(&s.Ledger)
	perSecond := float64(done-p.last) / max(0.001, (s.Elapsed-p.at).Seconds())
	p.last, p.at = done, s.Elapsed
	of := ""
	if total := estimate(s, p.size); total > 0 {
		of = fmt.Sprintf(" of about %d", total)
		if s.ListDone {
			of = fmt.Sprintf(" of %d", total)
		}
	}
	fmt.Fprintf(p.w, "crawl: %s: %d%s done (%d failed, %d skipped), %d in flight, %.0f/s\n",
		s.Elapsed.Round(time.Second), done, of, s.Ledger.Failed, s.Ledger.Skipped, s.InFlight, perSecond)
}

func (p *plainLines) finish() {}

// bar is for people.
type bar struct {
	bar   *progressbar.ProgressBar
	size  int64
	total int64
}

func newBar(w io.Writer, size int64) *bar {
	return &bar{size: size, total: -1, bar: progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("crawl"),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("URL"),
		progressbar.OptionFullWidth(),
		progressbar.OptionUseANSICodes(false),
		progressbar.OptionEnableColorCodes(false), // none to turn off for NO_COLOR
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(0), // else a goroutine draws it for ever, over the summary too
		progressbar.OptionClearOnFinish(),
	)}
}

func (b *bar) show(s *crawler.Stats) {
	if total := estimate(s, b.size); total > 0 && total != b.total {
		b.total = total
		b.bar.ChangeMax64(total)
	}
	text := fmt.Sprintf("%d in flight", s.InFlight)
	if s.Ledger.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Ledger.Failed)
	}
	if s.Draining {
		text = "ending: " + text
	}
	b.bar.Describe(text)
	done := settled(&s.Ledger)
	if b.total > 0 && done >= b.total { // a full bar takes itself for finished
		done = b.total - 1
	}
	_ = b.bar.Set64(done) // drawing may fail; the crawl goes on
}

func (b *bar) finish() { _ = b.bar.Clear() }
