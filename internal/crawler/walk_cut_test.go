//go:build unix

package crawler

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// TestCutModel: whatever a crawl does, with everything that there is at once, and however it is cut short, or not, by a limit, a drain, its
// cancellation or the loss of its output: its books balance at every moment, its events come to its ledger and end with crawl_done, and
// each URL that is settled has one record.
func TestCutModel(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) { checkCut(t, w, newSitemapWeb(t, seed), rand.New(rand.NewPCG(seed, 5))) })
		})
	}
}

// torn is a writer that takes only so much.
type torn struct {
	out  *output
	room int
}

func (t *torn) Write(p []byte) (int, error) {
	n := min(len(p), t.room)
	t.room -= n
	_, _ = t.out.Write(p[:n])
	if n < len(p) {
		return n, errors.New("there is no room")
	}
	return n, nil
}

func checkCut(t *testing.T, w *world, m *modelWeb, rng *rand.Rand) {
	f := newFakeWeb(w, m.pages)
	m.o.Follow.SkipDuplicates = rng.IntN(2) == 0
	if w.loop == nil { // where time waits for it
		m.o.Extractions = 1
		m.o.Extract = func([]byte, string, *link.URL) *Extracted { return &Extracted{} }
	}
	after := time.Duration(rng.IntN(20_000)) * time.Millisecond
	cut := []string{"cancel", "drain", "drain and cancel", "--for", "--max-urls", "--max-bytes", "output", ""}[rng.IntN(8)]
	switch cut {
	case "--for":
		m.o.MaxTime = after
	case "--max-urls":
		m.o.Follow.MaxURLs = int64(1 + rng.IntN(10))
	case "--max-bytes":
		m.o.Follow.MaxBytes = int64(1 + rng.IntN(2000))
	}
	w.delay = func() time.Duration { return min(m.output, eventPatience/4) } // the last events are handed over in time
	c, out := walkOf(t, f, m.seeds, m.o)
	killed := errors.New("made up")
	if cut == "output" {
		c.sink.writer = &torn{out: out, room: rng.IntN(3000)}
		c.options.OnOutputLost = func() {
			w.Go("cut", func(context.Context) error { return killed })
		}
	}
	last := 0
	c.options.OnLast = func() { last++ }
	h := &heard{}
	s := c.Subscribe(AllSignals, everything, h.take)
	if m.pauses > 0 {
		w.After(m.while(), func() { c.Pause() })
		w.After(3*time.Second, c.Resume)
	}
	w.Go("cut", func(ctx context.Context) error {
		switch cut {
		case "drain", "drain and cancel":
			if err := w.Sleep(ctx, after/2); err != nil {
				return err
			}
			c.Drain()
		}
		switch cut {
		case "cancel", "drain and cancel":
			if err := w.Sleep(ctx, after/2); err != nil {
				return err
			}
			return killed
		}
		return nil
	})
	c.Start()
	if err := runBounded(t, w, context.Background()); err != nil && !errors.Is(err, killed) {
		t.Error(err)
	}
	checkEnd(t, c)
	checkEvents(t, c, h)
	if s.Lost() != 0 || last != 1 {
		t.Errorf("%s: %d events are lost, %d × the last", cut, s.Lost(), last)
	}
	if c.Err() != nil {
		return // who knows what was written
	}
	settled := c.ledger.Fetched + c.ledger.Failed + c.ledger.Classes[fetch.Input] + c.ledger.Classes[SkipRobots]
	most := settled
	if m.o.Follow.RecordSkipped {
		most = c.ledger.Settled()
	}
	if n := int64(len(rowsOfPages(t, out.String()))); n < settled || n > most || n < most && c.ledger.Pending == 0 {
		t.Errorf("%s: %d records, %s", cut, n, &c.ledger)
	}
	if pending := c.ledger.Pending; pending > 0 && cut == "" || pending == 0 && c.Limit() != "" {
		t.Errorf("%s: limit %q, %s", cut, c.Limit(), &c.ledger)
	}
}
