//go:build unix

package eventloop

import (
	"io"
	"sync/atomic"
	"time"
)

// watchdog looks at the loop from another goroutine, for a loop that hangs in a step cannot say so itself.
type watchdog struct {
	began atomic.Int64 // loop time of the running step plus one, 0 between steps
	steps atomic.Uint64
	quit  chan struct{}
	done  chan struct{}
}

func (w *watchdog) begin(now time.Duration) {
	w.steps.Add(1)
	w.began.Store(int64(now) + 1)
}

func (w *watchdog) end() { w.began.Store(0) }

// Watch starts a watchdog: when one callback or step runs for longer than limit, it writes the stacks of all
// goroutines to out, once for each such step. It uses real time and ends with the loop.
func (l *Loop) Watch(limit time.Duration, out io.Writer) {
	if l.watchdog != nil || l.closed {
		return
	}
	w := &watchdog{quit: make(chan struct{}), done: make(chan struct{})}
	l.watchdog = w
	go w.run(l.clock, limit, out)
}

func (w *watchdog) run(clock Clock, limit time.Duration, out io.Writer) {
	defer close(w.done)
	tick := time.NewTicker(max(limit/4, time.Millisecond))
	defer tick.Stop()
	var told uint64
	for {
		select {
		case <-w.quit:
			return
		case <-tick.C:
		}
		steps, began := w.steps.Load(), w.began.Load()
		if began == 0 || steps == told || clock.Now()-time.Duration(began-1) < limit {
			continue
		}
		told = steps
		writeHang(out, clock.Now()-time.Duration(began-1))
	}
}

func (l *Loop) stopWatchdog() {
	if w := l.watchdog; w != nil {
		l.watchdog = nil
		close(w.quit)
		<-w.done
	}
}
