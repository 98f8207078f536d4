//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Where things run: the server alone on one core, the client alone on the other. The harness and
// the meter, which sleep while a client runs, share the server's.
const (
	serverCPU = 0
	clientCPU = 1
)

// sample is what one run of a client cost.
type sample struct {
	Wall        float64 `json:"wall_s"`      // from fork to the client's end
	User        float64 `json:"user_s"`      // of the client and the children it waited for
	System      float64 `json:"system_s"`    // the same
	PeakKB      int64   `json:"peak_kb"`     // resident, in units of 1024 bytes as the kernel counts
	PeakFrom    string  `json:"peak_from"`   // "rusage" (exact), "vmhwm" (may miss the last 20 ms) or "bound" (no more than this)
	Voluntary   int64   `json:"voluntary"`   // context switches
	Involuntary int64   `json:"preempted"`   // context switches
	Exit        int     `json:"exit"`        // -1 when a signal ended it
	TimedOut    bool    `json:"timed_out"`   // it was killed for that
	MeterCPU    float64 `json:"meter_cpu_s"` // what measuring cost, all on the server's core
}

// limits of a measured run.
type runLimits struct {
	cpus    []int         // where the client may run
	timeout time.Duration // after which its process group is killed
}

// measure runs argv under a meter and returns its cost and what it printed to stdout and stderr.
// A client that fails is no error here: see sample.Exit. The caller's goroutine must be locked to
// its thread, which lends its CPU mask to the meter.
func measure(ctx context.Context, dir string, argv []string, lim runLimits) (s sample, stdout, stderr string, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, "", "", err
	}
	outFile, errFile := filepath.Join(dir, "stdout"), filepath.Join(dir, "stderr")
	args := []string{meterWord, "-cpus", joinInts(lim.cpus), "-timeout", lim.timeout.String(), "-stdout", outFile, "-stderr", errFile, "--"}
	cmd := exec.CommandContext(ctx, self, append(args, argv...)...)
	cmd.Dir, cmd.Env = dir, clientEnv()
	var report, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &report, &complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return s, "", "", ctx.Err()
		}
		return s, "", "", fmt.Errorf("meter of %q: %w: %s", argv[0], err, bytes.TrimSpace(complaint.Bytes()))
	}
	if err := json.Unmarshal(report.Bytes(), &s); err != nil {
		return s, "", "", fmt.Errorf("meter of %q: %w", argv[0], err)
	}
	o, err1 := os.ReadFile(outFile)
	e, err2 := os.ReadFile(errFile)
	return s, string(o), string(e), errors.Join(err1, err2)
}

// clientEnv is the environment of every client: nothing in it may tune one of them (GOGC) or send
// it elsewhere (http_proxy).
func clientEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LC_ALL=C"}
}

// onCPUs runs fn with the calling thread, and so whatever fn forks, bound to cpus; the thread gets
// its old mask back. The goroutine must be locked to its thread.
func onCPUs(cpus []int, fn func() error) error {
	var old, want unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return err
	}
	for _, c := range cpus {
		want.Set(c)
	}
	if err := unix.SchedSetaffinity(0, &want); err != nil {
		return fmt.Errorf("bind to CPUs %v: %w", cpus, err)
	}
	return errors.Join(fn(), unix.SchedSetaffinity(0, &old))
}

// seconds converts a kernel time.
func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

func joinInts(v []int) string {
	s := make([]string, len(v))
	for i, n := range v {
		s[i] = strconv.Itoa(n)
	}
	return strings.Join(s, ",")
}

func splitInts(s string) (v []int, err error) {
	for f := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		v = append(v, n)
	}
	return v, nil
}
