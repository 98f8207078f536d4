package origin

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Stats are the counters of a server. Requests under /-/ are not counted, nor is a connection on
// which such a request is the first, though it may have been part of the maximum before.
//
// In flight is counted down just before the last bytes of an answer are written, so a client that keeps
// to a limit is never seen to break it. Connections have no such rule: that a client has closed one is
// noticed later, so their maximum may exceed what the client ever had open.
type Stats struct {
	Requests        int64 `json:"requests"`         // heads read and accepted
	InFlight        int64 `json:"in_flight"`        // requests whose heads have been read and whose answers are not yet written
	MaxInFlight     int64 `json:"max_in_flight"`    // the most of them at once
	Connections     int64 `json:"connections"`      // accepted
	OpenConnections int64 `json:"open_connections"` // accepted and not yet closed by this side
	MaxConnections  int64 `json:"max_connections"`  // the most of them at once
	BytesSent       int64 `json:"bytes_sent"`       // heads, bodies, all else that was sent for requests, before TLS
	Abandoned       int64 `json:"abandoned"`        // requests whose client went away before its answer was written
	Refused         int64 `json:"refused"`          // requests that break RFC 9112 or a limit, answered with 4xx or 5xx
	AcceptErrors    int64 `json:"accept_errors"`    // failed accepts, for want of descriptors as a rule
}

// counters are the live form of Stats.
type counters struct {
	requests, connections atomic.Int64
	inFlight, open        gauge
	bytes                 atomic.Int64
	abandoned, refused    atomic.Int64
	acceptErrors          atomic.Int64
}

// gauge is a number that goes up and down, and its maximum.
type gauge struct {
	now, max atomic.Int64
}

// rise adds one and returns the new value.
func (g *gauge) rise() int64 {
	n := g.now.Add(1)
	for {
		m := g.max.Load()
		if n <= m || g.max.CompareAndSwap(m, n) {
			return n
		}
	}
}

func (g *gauge) fall() { g.now.Add(-1) }

// restart makes the value of now the maximum.
func (g *gauge) restart() { g.max.Store(g.now.Load()) }

// Stats returns the counters. Each is exact; they are read one after the other.
func (s *Server) Stats() Stats {
	c := &s.count
	return Stats{
		Requests:        c.requests.Load(),
		InFlight:        c.inFlight.now.Load(),
		MaxInFlight:     c.inFlight.max.Load(),
		Connections:     c.connections.Load(),
		OpenConnections: c.open.now.Load(),
		MaxConnections:  c.open.max.Load(),
		BytesSent:       c.bytes.Load(),
		Abandoned:       c.abandoned.Load(),
		Refused:         c.refused.Load(),
		AcceptErrors:    c.acceptErrors.Load(),
	}
}

// Reset sets the counters to 0 and the maxima to the present values, empties the log, and forgets
// what /f/retry has counted. What is in flight and open stays counted.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	c := &s.count
	for _, n := range []*atomic.Int64{&c.requests, &c.connections, &c.bytes, &c.abandoned, &c.refused, &c.acceptErrors} {
		n.Store(0)
	}
	c.inFlight.restart()
	c.open.restart()
	s.log.clear()
	s.retries.clear()
}

// Await returns as soon as the counters satisfy the condition, looking once a millisecond. When ctx
// ends first, the error says what they were, and wraps that of ctx.
func (s *Server) Await(ctx context.Context, condition func(Stats) bool) (Stats, error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		st := s.Stats()
		if condition(st) {
			return st, nil
		}
		select {
		case <-ctx.Done():
			return st, fmt.Errorf("origin: the condition does not hold of %+v: %w", st, ctx.Err())
		case <-tick.C:
		}
	}
}
