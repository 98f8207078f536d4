//go:build unix

package modes

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"crawl/internal/origin"
)

// TestFewDescriptors runs TestDescriptors in a process that may have few of them.
func TestFewDescriptors(t *testing.T) {
	s := web(t, origin.Config{})
	cmd := exec.Command(os.Args[0], "-test.run=^TestDescriptors$", "-test.v")
	cmd.Env = append(os.Environ(), "MODES_FEW_DESCRIPTORS="+listOf(t, s, "/f/gate/96?x=1"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if st := s.Stats(); st.MaxInFlight != 96 || st.Requests != 5*960 {
		t.Errorf("the server counted %d requests, %d in flight", st.Requests, st.MaxInFlight)
	}
}

// TestDescriptors: with as many in flight as the limit of descriptors lets it have, a mode is not short of any.
func TestDescriptors(t *testing.T) {
	if os.Getenv("MODES_FEW_DESCRIPTORS") == "" {
		t.Skip("SKIPPED: it is run by TestFewDescriptors")
	}
	limit := syscall.Rlimit{Cur: 160, Max: 160}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	list := os.Getenv("MODES_FEW_DESCRIPTORS")
	for _, mode := range []string{Threads, Callbacks, Loop, Goroutine, NetHTTP} {
		r, err := Run(context.Background(), Spec{Mode: mode, Concurrency: 1000, Fetches: 960, List: list, Timeout: patience, Outcomes: filepath.Join(t.TempDir(), "o")})
		if err != nil {
			t.Fatal(err)
		}
		if r.Reached != 96 || len(r.Failed) > 0 {
			t.Errorf("%s: reached %d, failed %v, %s", mode, r.Reached, r.Failed, r.Error)
		}
	}
}
