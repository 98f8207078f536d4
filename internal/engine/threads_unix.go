//go:build unix

package engine

import (
	"context"
	"net"
	"runtime/debug"
)

// mostThreads is more than any system has; the runtime's own limit of 10,000 is there to find leaks of threads. What
// the system refuses ends the process, so who starts many tasks has to know its limits.
const mostThreads = 1 << 20

// NewThreads makes the engine of a thread of the OS for each task over sockets that block it. A task's thread begins
// and ends with it. All else is as with NewGoroutine: waits that are not for the network park the thread.
//
// A connection's deadline is a timeout of its socket (see blockingConn). One that is set by another task while a call
// waits ends that call for good: the connection is of no use in that direction then.
//
// It is here to be compared with, and it is threads as Go has them. The runtime takes its processor (one of GOMAXPROCS)
// from a thread that blocks only when its watchdog finds it blocked, tens of microseconds later, and a thread whose
// call has returned waits for one. So answers that come sooner than that are taken by one thread after the other
// in long turns, and those behind them are late. As many processors as threads would be no cure: each keeps memory of
// its own, and the collector takes a quarter of them. At 1,000 threads that was measured to cost twice as much.
func NewThreads() (Engine, error) {
	if before := debug.SetMaxThreads(mostThreads); before > mostThreads {
		debug.SetMaxThreads(before)
	}
	e := newGoroutineEngine()
	e.lock = true
	e.dial = e.dialBlocking
	return e, nil
}

// dialBlocking has the connection on the list before it connects, so that a cancellation ends that too.
func (e *goroutineEngine) dialBlocking(ctx context.Context, network, address string) (*goroutineConn, error) {
	raw, err := newBlockingConn(network, address)
	if err == nil {
		c := e.adopt(ctx, raw)
		if err = ctx.Err(); err == nil {
			deadline, _ := ctx.Deadline()
			err = raw.connect(deadline)
		}
		if err == nil {
			return c, nil
		}
		_ = c.Close() // nothing was sent
	}
	return nil, &net.OpError{Op: "dial", Net: network, Addr: dialledAddr{network, address}, Err: err}
}

// dialledAddr is an address that may not be one.
type dialledAddr struct{ network, address string }

func (a dialledAddr) Network() string { return a.network }
func (a dialledAddr) String() string  { return a.address }
