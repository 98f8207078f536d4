package modes

import (
	"runtime"
	"strings"
	"testing"

	"crawl/internal/origin"
)

func TestCap(t *testing.T) {
	for _, mode := range Names() {
		n, why := Cap(mode)
		switch mode {
		case Sync:
			if n != 1 || why == "" {
				t.Errorf("sync: %d, %q", n, why)
			}
		case Threads, Processes:
			if n < 1 || n > 1<<20 || why == "" || strings.Contains(why, "\n") {
				t.Errorf("%s: %d, %q", mode, n, why)
			}
			t.Logf("%s: %d: %s", mode, n, why)
		default:
			if n != 0 || why != "" {
				t.Errorf("%s: %d, %q, want no cap", mode, n, why)
			}
		}
	}
	if threads, _ := Cap(Threads); runtime.GOOS == "linux" {
		if processes, _ := Cap(Processes); processes > mostProcesses || processes > threads {
			t.Errorf("%d processes, but %d threads", processes, threads)
		}
	}
}

func TestLeast(t *testing.T) {
	if b := least([]bound{{5, "a"}, {3, "b"}, {4, "c"}}); b != (bound{3, "b"}) {
		t.Errorf("%+v", b)
	}
	if b := least([]bound{{5, "a"}, {-3, "b"}}); b != (bound{1, "b"}) {
		t.Errorf("%+v: there is always room for one", b)
	}
}

// TestReach: a mode that cannot have as many in flight runs with as many as it can, and says why.
func TestReach(t *testing.T) {
	s := web(t, origin.Config{})
	r, _ := run(t, Spec{Mode: Sync, Concurrency: 50, Fetches: 60, List: pages(t, s, 5)})
	if r.Reached != 1 || r.Note != "one fetch at a time is what this mode is" || s.Stats().MaxInFlight != 1 {
		t.Errorf("sync: reached %d, %q, and %d at the server", r.Reached, r.Note, s.Stats().MaxInFlight)
	}
	r, _ = run(t, Spec{Mode: Goroutine, Concurrency: 1 << 22, Fetches: 3, List: pages(t, s, 5)})
	if r.Reached >= 1<<22 || !strings.Contains(r.Note, "descriptors") {
		t.Errorf("goroutine: reached %d, %q", r.Reached, r.Note)
	}
}
