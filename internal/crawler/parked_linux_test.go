package crawler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/link"
)

// parkedEnv has the test binary crawl, as the child of TestParkedWorker, the server that it names.
const parkedEnv = "CRAWLER_TEST_PARKED"

const (
	parkedWorkers = 1000
	mostStack     = 2600 // bytes for each, with what the runtime rounds up; a stack that has grown is 4 KB
	leastStack    = 2000
)

// TestParkedWorker: a worker that waits for its answer on a kept connection has the smallest stack there is. A test in
// internal/fetch says the same of a fetch; this is one with the frames of a worker below it, as a crawl has it.
func TestParkedWorker(t *testing.T) {
	if raceDetector {
		t.Skip("SKIPPED: with the race detector a stack holds more")
	}
	var mu sync.Mutex
	waiting, all := 0, make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/stall":
			<-r.Context().Done()
			return
		case "/warm": // all of them are answered when all have come, so that each worker has a connection of its own
			mu.Lock()
			if waiting++; waiting == parkedWorkers {
				close(all)
			}
			mu.Unlock()
			select {
			case <-all:
			case <-r.Context().Done():
			}
		}
		_, _ = io.WriteString(w, "hello")
	}))
	t.Cleanup(s.Close)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parkedEnv+"="+s.URL)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	var stack int
	if err := errors.Join(err, json.Unmarshal(out, &stack)); err != nil {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	t.Logf("each of %d waiting workers holds %d bytes of stack", parkedWorkers, stack)
	if stack < leastStack || stack > mostStack {
		t.Errorf("a waiting worker holds %d bytes of stack, want %d to %d", stack, leastStack, mostStack)
	}
}

// measureParked is the child: it prints the bytes of stack that a waiting worker holds.
func measureParked(base string) error {
	e, err := engine.NewLoop(engine.LoopOptions{Log: io.Discard})
	if err != nil {
		return err
	}
	first, err := link.Parse(base + "/")
	if err != nil {
		return err
	}
	client := fetch.NewClient(e, fetch.Options{MaxConns: 2 * parkedWorkers})
	list := strings.Repeat(base+"/warm\n", parkedWorkers) + strings.Repeat(base+"/stall\n", parkedWorkers)
	c := New(e, client, NewSource(nil, "list", strings.NewReader(list)), NewSink("output", io.Discard), Options{Concurrency: parkedWorkers})
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	measured := errors.New("not measured")
	e.Go("main", func(ctx context.Context) error {
		defer cancel()
		if err := client.Do(ctx, &fetch.Request{URL: &first}, &fetch.Response{}); err != nil {
			return err
		}
		var dump bytes.Buffer
		before := stackInUse()
		c.Start()
		for !c.allParked(e, &dump) {
			if err := e.Sleep(ctx, 5*time.Millisecond); err != nil {
				return err
			}
		}
		_, measured = fmt.Println((stackInUse() - before) / parkedWorkers)
		return nil
	})
	if err := errors.Join(e.Run(ctx), measured); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// allParked reports whether each worker has had its answer and waits for the next.
func (c *Crawler) allParked(e engine.Engine, dump *bytes.Buffer) bool {
	if s := c.Stats(); s.Ledger.Fetched != parkedWorkers || s.InFlight != parkedWorkers {
		return false
	}
	dump.Reset()
	return e.Dump(dump) == nil && bytes.Contains(dump.Bytes(), fmt.Appendf(nil, "%d × worker: waiting for read\n", parkedWorkers))
}

// stackInUse is what stacks hold when the collector has had its way: the second time for what the first only marked as
// free.
func stackInUse() int {
	runtime.GC()
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.StackInuse)
}
