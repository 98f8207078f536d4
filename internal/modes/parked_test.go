package modes

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"crawl/internal/origin"
)

// What a worker costs while its fetch waits is what ten thousand of them cost: see internal/fetch/parked_test.go,
// which guards the fetch. This guards what the worker adds.
const (
	parkedWorkers = 1000
	mostStack     = 2600 // bytes, with what the runtime rounds up
	mostParked    = 5 << 10
)

// parked is what a child measured.
type parked struct{ Heap, Stack int64 }

// childParked runs a job whose second half waits for ever, and says what each of its workers holds when it is asked.
func childParked(mode, list string) error {
	s := Spec{Mode: mode, Concurrency: parkedWorkers, Fetches: 2 * parkedWorkers, List: list, Timeout: patience}
	r, err := prepare(context.Background(), s)
	if err != nil {
		return err
	}
	before := memory()
	go func() { _, _ = r.run(context.Background()) }()
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	after := memory()
	return json.NewEncoder(os.Stdout).Encode(parked{
		Heap:  int64(after.HeapInuse-before.HeapInuse) / parkedWorkers,
		Stack: int64(after.StackInuse-before.StackInuse) / parkedWorkers,
	})
}

// memory is read when the collector has had its way: the second time for what the first only marked as free.
func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

func TestParkedWorker(t *testing.T) {
	if raceDetector {
		t.Skip("SKIPPED: with the race detector a stack holds more")
	}
	s := web(t, origin.Config{})
	var urls []string
	for i := range 2 * parkedWorkers {
		urls = append(urls, "/f/gate/1000")
		if i >= parkedWorkers {
			urls[i] = "/f/stall"
		}
	}
	list := listOf(t, s, urls...)
	for _, mode := range []string{Callbacks, Loop, Goroutine} {
		if !slices.Contains(here(), mode) {
			continue
		}
		t.Run(mode, func(t *testing.T) {
			s.Reset()
			m := measureParked(t, s, mode, list)
			t.Logf("each of %d waiting fetches holds %d bytes, %d of them stack", parkedWorkers, m.Heap+m.Stack, m.Stack)
			switch mode {
			case Callbacks:
				if m.Heap+m.Stack > mostParked/2 {
					t.Errorf("%+v: more than half of what a coroutine may hold", m)
				}
			case Loop:
				if m.Stack > mostStack || m.Heap+m.Stack > mostParked {
					t.Errorf("%+v: at most %d bytes of stack and %d in all are allowed", m, mostStack, mostParked)
				}
				if m.Stack < 2000 {
					t.Errorf("%+v: it cannot hold so little", m)
				}
			}
		})
	}
}

func measureParked(t *testing.T, s *origin.Server, mode, list string) (m parked) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "parked", mode, list)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // its fetches wait for ever
		_ = cmd.Wait()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := s.Await(ctx, func(st origin.Stats) bool { return st.Requests == 2*parkedWorkers }); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in)
	if err := json.NewDecoder(out).Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}
