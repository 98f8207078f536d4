//go:build unix

package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/link"
	"crawl/internal/origin"
)

// When this machine has no descriptor, port or memory for a connection, a fetch waits and goes on. Here a child
// process really runs out of them.

func errNoAddress() error { return os.NewSyscallError("connect", syscall.EADDRNOTAVAIL) }

// scarce is an engine on which the first dials fail. Waiting takes no time.
type scarce struct {
	shifted
	fail  *atomic.Int64 // dials that are to fail
	errno syscall.Errno
}

func (s scarce) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "tcp" && s.fail.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("socket", s.errno)}
	}
	return s.Engine.DialContext(ctx, network, address)
}

func (s scarce) Sleep(ctx context.Context, d time.Duration) error {
	s.advance(d)
	return s.Engine.Sleep(ctx, 0)
}

// TestPressure: the fetch goes on as soon as there is what it lacked; who asked to be told is told each time,
// and no limit of time has run meanwhile.
func TestPressure(t *testing.T) {
	for class, errno := range map[Class]syscall.Errno{LocalDescriptors: syscall.EMFILE, LocalPorts: syscall.EADDRNOTAVAIL, LocalMemory: syscall.ENOBUFS} {
		t.Run(string(class), func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := serve(t, answering(hello))
				e := scarce{newShifted(k.engine(t)), new(atomic.Int64), errno}
				e.fail.Store(20)
				told := 0
				o := Options{TotalTimeout: 3 * time.Second, ConnectTimeout: 2 * time.Second, OnPressure: func(got Class) {
					if told++; got != class {
						t.Errorf("told of %s", got)
					}
				}}
				with(t, e, o, func(c client) error {
					v := c.get(s.base)
					v.want(t, 200, "hello")
					if told != 20 {
						t.Errorf("told %d times of 20", told)
					}
					// 50 ms doubled up to a second, twenty times.
					if q := v.Timings.Queue; q < 15*time.Second || q > 17*time.Second || v.Timings.Connect > time.Second {
						t.Errorf("the phases are %+v, want about 16 s of Queue", v.Timings)
					}
					return nil
				})
			})
		})
	}
}

// TestQueueIsNotCounted: nor does a limit of time run while a fetch waits for its turn to have a connection.
func TestQueueIsNotCounted(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering(hello))
		e := newShifted(k.engine(t))
		c := NewClient(e, Options{MaxConns: 1, TotalTimeout: 10 * time.Second})
		run(t, e, func(ctx context.Context) error {
			b := &bench{c.pool, t, ctx, e, 0}
			if _, err := c.pool.acquire(ctx, "another", 0, new(time.Duration)); err != nil {
				return err
			}
			e.Go("fetcher", func(ctx context.Context) error {
				defer c.Close()
				v := client{c, t, ctx, e}.get(s.base)
				if v.want(t, 200, "hello"); v.Timings.Queue < time.Hour {
					t.Errorf("the phases are %+v, want an hour of Queue", v.Timings)
				}
				return nil
			})
			if err := b.await(func() bool { return c.pool.waiting == 1 }); err != nil {
				return err
			}
			e.advance(time.Hour)
			c.pool.release(nil)
			return nil
		})
	})
}

// report is what a child found.
type report struct {
	Classes  map[Class]int // how the fetches ended
	Pressure map[Class]int // what OnPressure was told
	Wrong    int           // fetches with another body
}

// fetchList fetches all URLs in tasks tasks, on an engine of that kind.
func fetchList(mode string, urls []string, body string, tasks int, o Options) (report, error) {
	var e engine.Engine
	for _, k := range kinds() {
		if k.name == mode {
			var err error
			if e, err = k.make(); err != nil {
				return report{}, err
			}
		}
	}
	r := report{Classes: map[Class]int{}, Pressure: map[Class]int{}}
	mu := e.NewMutex()
	o.OnPressure = func(class Class) {
		mu.Lock()
		defer mu.Unlock()
		r.Pressure[class]++
	}
	c := NewClient(e, o)
	next, left := 0, tasks
	for range tasks {
		e.Go("fetcher", func(ctx context.Context) error {
			for {
				mu.Lock()
				if next == len(urls) {
					if left--; left == 0 {
						c.Close()
					}
					mu.Unlock()
					return nil
				}
				rawURL := urls[next]
				next++
				mu.Unlock()
				u, err := link.Parse(rawURL)
				if err != nil {
					return err
				}
				var got strings.Builder
				var res Response
				err = c.Do(ctx, &Request{URL: &u, OnBody: func(p []byte) error { got.Write(p); return nil }}, &res)
				mu.Lock()
				r.Classes[ClassOf(err)]++
				if err == nil && got.String() != body {
					r.Wrong++
				}
				mu.Unlock()
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	return r, e.Run(ctx)
}

// childDescriptors fetches with fewer descriptors than it has fetches in flight.
func childDescriptors() error {
	limit := syscall.Rlimit{Cur: 40, Max: 40}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	base := os.Getenv("BASE")
	var urls []string
	for range 400 {
		urls = append(urls, base+"/f/delay/10ms")
	}
	r, err := fetchList(os.Getenv("MODE"), urls, os.Getenv("BODY"), 200, Options{})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// TestDescriptorsExhausted: a list is fetched to its end with a fifth of the descriptors that it would take.
func TestDescriptorsExhausted(t *testing.T) {
	s, base := web(t, origin.Config{})
	onEach(t, func(t *testing.T, k kind) {
		s.Reset()
		r := parseReport(t, runChild(t, "descriptors", nil, "MODE="+k.name, "BASE="+base, "BODY="+string(s.Filler(2))))
		if r.Classes[OK] != 400 || r.Wrong != 0 || len(r.Classes) != 1 {
			t.Errorf("the fetches ended with %v, %d of them with another body, want 400 × ok", r.Classes, r.Wrong)
		}
		if r.Pressure[LocalDescriptors] == 0 || len(r.Pressure) != 1 {
			t.Errorf("OnPressure was told of %v, want descriptors", r.Pressure)
		}
		if n := s.Stats().MaxInFlight; n >= 40 || n < 2 {
			t.Errorf("%d requests were in flight at most, with 40 descriptors", n)
		}
	})
}

func parseReport(t *testing.T, out string) (r report) {
	t.Helper()
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	t.Logf("%+v", r)
	return r
}

// childPorts fetches in a network of its own which has ten ports.
func childPorts() error {
	if err := errors.Join(loopbackUp(), os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40009"), 0)); err != nil {
		return fmt.Errorf("a network of its own: %w", err)
	}
	s, err := origin.Start(origin.Config{Port: 50_000})
	if err != nil {
		return err
	}
	defer s.Close()
	var urls []string
	for range 100 {
		urls = append(urls, "http://"+s.Addresses()[0]+"/f/delay/5ms")
	}
	r, err := fetchList(os.Getenv("MODE"), urls, string(s.Filler(2)), 25, Options{})
	if err != nil {
		return err
	}
	if n := s.Stats().Connections; n > 10 {
		return fmt.Errorf("%d connections with ten ports", n)
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
