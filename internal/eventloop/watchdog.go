//go:build unix

package eventloop

import (
	"io"
	"sync/atomic"
	"time"
)

// watchdog looks at the loop from another goroutine, for a loop that hangs in a step cannot say so itself.
type watchdog struct {
	running atomic.Uint64 // number of the step that runs, 0 between steps
	quit    chan struct{}
	done    chan struct{}
}

func (w *watchdog) begin(step uint64) { w.running.Store(step) }
func (w *watchdog) end()              { w.running.Store(0) }

// Watch starts a watchdog: when one callback or step runs for longer than limit, it writes the stacks of all
// goroutines to out, once for each such step. It looks every quarter of limit, uses real time whatever the
// loop's clock is, and ends with the loop.
func (l *Loop) Watch(limit time.Duration, out io.Writer) {
	if l.watchdog != nil || l.closed {
		return
	}
	w := &watchdog{quit: make(chan struct{}), done: make(chan struct{})}
	l.watchdog = w
	go w.run(limit, out)
}

func (w *watchdog) run(limit time.Duration, out io.Writer) {
	defer close(w.done)
	tick := time.NewTicker(max(limit/4, time.Millisecond))
	defer tick.Stop()
	seen, since, told := uint64(0), time.Time{}, false // the step that runs, since when at least, reported
	for {
		select {
		case <-w.quit:
			return
		case <-tick.C:
		}
		if step := w.running.Load(); step != seen {
			seen, since, told = step, time.Now(), false
		}
		if running := time.Since(since); seen != 0 && running >= limit && !told {
			told = true
			writeHang(out, running)
		}
	}
}

func (l *Loop) stopWatchdog() {
	if w := l.watchdog; w != nil {
		l.watchdog = nil
		close(w.quit)
		<-w.done
	}
}
