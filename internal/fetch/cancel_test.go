//go:build unix

package fetch

import (
	"context"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"

	"crawl/internal/origin"
)

// TestCancelEverything: fetches in every phase end when the engine is cancelled, each with that class, and leave
// nothing behind.
func TestCancelEverything(t *testing.T) {
	s, base := web(t, origin.Config{})
	hole := blackHole(t)
	urls := []string{
		base + "/f/stall", base + "/f/stall-body/1000", base + "/f/drip/100000?every=1ms", base + "/f/delay/1h",
		base + "/f/gate/1000000", hole, "http://name.test/",
	}
	onEach(t, func(t *testing.T, k kind) {
		s.Reset()
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
		e := k.engine(t)
		const each = 20
		c := NewClient(e, Options{MaxConns: each * (len(urls) - 2)}) // so some wait for room too
		ended := make(chan struct{})
		c.resolver.lookup = func(ctx context.Context, _ string) ([]netip.Addr, error) {
			select {
			case <-ctx.Done():
			case <-ended:
			}
			return nil, context.Canceled
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var classes [2]atomic.Int64
		for _, rawURL := range urls {
			for range each {
				e.Go("fetcher", func(ctx context.Context) error {
					v := client{c, t, ctx, e}.do(rawURL, Request{Method: "PUT", Body: make([]byte, 64<<10)})
					if ClassOf(v.err) == Cancelled {
						classes[0].Add(1)
					} else {
						classes[1].Add(1)
						t.Errorf("%s: class %s, want %s: %v", rawURL, ClassOf(v.err), Cancelled, v.err)
					}
					return v.err
				})
			}
		}
		go func() { // when as many have arrived as can
			defer cancel()
			if _, err := s.Await(t.Context(), func(st origin.Stats) bool { return st.InFlight >= 3*each }); err != nil {
				t.Error(err)
			}
		}()
		if err := e.Run(ctx); err != nil {
			t.Errorf("Run ended with %v", err)
		}
		close(ended)
		if n := classes[0].Load(); n != int64(each*len(urls)) {
			t.Errorf("%d fetches of %d were cancelled", n, each*len(urls))
		}
		if c.pool.open != 0 {
			t.Errorf("%d connections are counted", c.pool.open)
		}
		if _, err := s.Await(t.Context(), func(st origin.Stats) bool { return st.OpenConnections == 0 }); err != nil {
			t.Error(err)
		}
		if err := settled(goroutines, descriptors); err != nil {
			t.Error(err)
		}
	})
}

// TestManyFetches: ten thousand fetches, some of which fail, leave neither a goroutine nor a descriptor, and the
// server agrees on their number.
func TestManyFetches(t *testing.T) {
	s, base := web(t, origin.Config{})
	onEach(t, func(t *testing.T, k kind) {
		s.Reset()
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
		e := k.engine(t)
		c := NewClient(e, Options{})
		const tasks, each = 20, 500
		want := string(s.Filler(1000))
		var left atomic.Int64
		left.Store(tasks)
		for range tasks {
			e.Go("fetcher", func(ctx context.Context) error {
				cl := client{c, t, ctx, e}
				for i := range each {
					switch {
					case i%50 == 7:
						cl.get(base+"/f/reset?at=body").wantClass(t, ClosedReset)
					case i%50 == 17:
						cl.get(base+"/f/close-silently").want(t, 200, string(s.Filler(64)))
					case i%50 == 27:
						cl.get(base+"/f/garbage").wantClass(t, ProtocolHead)
					default:
						cl.get(base+"/f/size/1000").want(t, 200, want)
					}
				}
				if left.Add(-1) == 0 {
					c.Close()
				}
				return nil
			})
		}
		run(t, e, func(context.Context) error { return nil })
		if n := s.Stats().Requests; n < tasks*each || n > tasks*each+tasks*each/50 {
			t.Errorf("the server got %d requests, want %d and a few that were repeated", n, tasks*each)
		}
		if err := settled(goroutines, descriptors); err != nil {
			t.Error(err)
		}
	})
}
