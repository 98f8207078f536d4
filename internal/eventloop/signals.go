//go:build unix

package eventloop

import (
	"os"
	"os/signal"
)

// signals turns signals into callbacks. The runtime offers no handler of our own and no signalfd (it keeps
// all signals unblocked), so os/signal's channel is read by a goroutine that posts to the loop.
type signals struct {
	loop     *Loop
	handlers map[os.Signal]*Handle
	arrived  chan os.Signal
	done     chan struct{}
}

// AddSignalHandler has fn called on the loop, as an ordinary callback, each time sig arrives. It replaces an
// earlier handler of sig, and what the signal does by default.
func (l *Loop) AddSignalHandler(sig os.Signal, fn func()) error {
	if l.closed {
		return ErrClosed
	}
	s := &l.signals
	if s.arrived == nil {
		s.handlers = map[os.Signal]*Handle{}
		s.arrived, s.done = make(chan os.Signal, 16), make(chan struct{})
		go s.forward(s.arrived, s.done)
	}
	s.handlers[sig] = l.newHandle(fn)
	signal.Notify(s.arrived, sig)
	return nil
}

// RemoveSignalHandler takes it back, and reports whether there was one. The signal then does what it does by
// default.
func (l *Loop) RemoveSignalHandler(sig os.Signal) bool {
	s := &l.signals
	if s.handlers[sig] == nil {
		return false
	}
	delete(s.handlers, sig)
	signal.Reset(sig)
	return true
}

// forward runs until arrived is closed. It does not read the handlers: they are the loop's.
func (s *signals) forward(arrived <-chan os.Signal, done chan<- struct{}) {
	defer close(done)
	for sig := range arrived {
		_ = s.loop.CallSoonThreadsafe(func() {
			if h := s.handlers[sig]; h != nil {
				s.loop.ready.push(h)
			}
		})
	}
}

func (s *signals) close() {
	if s.arrived == nil {
		return
	}
	for sig := range s.handlers {
		signal.Reset(sig)
	}
	signal.Stop(s.arrived)
	close(s.arrived)
	<-s.done
	s.arrived, s.handlers = nil, nil
}
