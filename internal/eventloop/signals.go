//go:build unix

package eventloop

import (
	"os"
	"os/signal"
)

// signals turns signals into callbacks. The runtime offers no handler of our own and no signalfd (it keeps
// all signals unblocked), so os/signal's channel is read by a goroutine that posts to the loop. Each signal
// has a channel of its own, so that letting go of one disturbs neither the others nor anybody else in the
// process who listens to the same (as signal.Reset would).
type signals struct {
	loop     *Loop
	handlers map[os.Signal]*signalHandler
}

type signalHandler struct {
	handle  *Handle // the loop's; the goroutine does not look at it
	arrived chan os.Signal
	done    chan struct{}
}

// AddSignalHandler has fn called on the loop, as an ordinary callback, each time sig arrives. It replaces an
// earlier handler of sig, and what the signal does by default.
func (l *Loop) AddSignalHandler(sig os.Signal, fn func()) error {
	if l.closed {
		return ErrClosed
	}
	s := &l.signals
	if h := s.handlers[sig]; h != nil {
		*h.handle = *l.newHandle(fn) // of a call that is already scheduled too: the signal is not lost
		return nil
	}
	h := &signalHandler{handle: l.newHandle(fn), arrived: make(chan os.Signal, 16), done: make(chan struct{})}
	if s.handlers == nil {
		s.handlers = map[os.Signal]*signalHandler{}
	}
	s.handlers[sig] = h
	go h.forward(l)
	signal.Notify(h.arrived, sig)
	return nil
}

// RemoveSignalHandler takes it back, and reports whether there was one. A call that is already scheduled does
// not come. The signal then does what it does by default, unless somebody else listens to it.
func (l *Loop) RemoveSignalHandler(sig os.Signal) bool {
	h := l.signals.handlers[sig]
	if h == nil {
		return false
	}
	delete(l.signals.handlers, sig)
	h.stop()
	return true
}

// forward runs until arrived is closed.
func (h *signalHandler) forward(l *Loop) {
	defer close(h.done)
	for range h.arrived {
		_ = l.CallSoonThreadsafe(func() { l.ready.push(h.handle) }) // a closed loop has no use for it
	}
}

func (h *signalHandler) stop() {
	h.handle.Cancel()
	signal.Stop(h.arrived)
	close(h.arrived)
	<-h.done
}

func (s *signals) close() {
	for _, h := range s.handlers {
		h.stop()
	}
	s.handlers = nil
}
