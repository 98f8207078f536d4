package crawler

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// TestMain is also the child of TestFileLimit and TestParkedWorker, and checks what no single test can: that all of them together left
// no goroutine behind.
func TestMain(m *testing.M) {
	if path := os.Getenv(limitedEnv); path != "" {
		if err := writeLimited(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if base := os.Getenv(parkedEnv); base != "" {
		if err := measureParked(base); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		os.Exit(code) // the fuzzing engine keeps goroutines of its own
	}
	for deadline := time.Now().Add(bound); code == 0 && runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			fmt.Printf("FAIL: %d goroutines are left, of %d:\n%s\n", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			code = 1
		}
	}
	os.Exit(code)
}
