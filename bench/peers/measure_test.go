//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary play the parts that the program plays under other first words, and
// two clients of known size and known cost.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case meterWord:
			os.Exit(meterMain(os.Args[2:]))
		case slowWord:
			os.Exit(slowMain(os.Args[2:]))
		case "touch":
			touch(os.Args[2])
			os.Exit(0)
		case "burn":
			burn(os.Args[2])
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

// touch writes to that many MB of fresh memory outside Go's heap.
func touch(mb string) []byte {
	n, _ := strconv.Atoi(mb)
	if n == 0 {
		return nil
	}
	mem, err := unix.Mmap(-1, 0, n*1e6, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(mem); i += 4096 {
		mem[i] = 1
	}
	return mem
}

// burn spends that much CPU time and prints the CPUs it may use.
func burn(d string) {
	want, _ := time.ParseDuration(d)
	for ownCPU() < want.Seconds() {
		continue
	}
	var mask unix.CPUSet
	_ = unix.SchedGetaffinity(0, &mask)
	fmt.Println(mask.Count(), mask.IsSet(clientCPU), os.Getenv("GOGC"))
}

// self is this test binary.
func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// usable returns limits that bind to the client's core, or skips.
func usable(t *testing.T, timeout time.Duration) runLimits {
	t.Helper()
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil || !mask.IsSet(clientCPU) {
		t.Skipf("CPU %d is not available", clientCPU)
	}
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	return runLimits{[]int{clientCPU}, timeout}
}

// TestPeakOfKnownSize measures programs of known size from a harness that is itself far larger,
// which is what a naive reading of ru_maxrss gets wrong.
func TestPeakOfKnownSize(t *testing.T) {
	lim := usable(t, time.Minute)
	big := touch("300")
	defer unix.Munmap(big)
	peak := func(mb string) float64 {
		s, _, _, err := measure(t.Context(), t.TempDir(), []string{self(t), "touch", mb}, lim)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("touch %s MB: peak %d kB from %s", mb, s.PeakKB, s.PeakFrom)
		return float64(s.PeakKB) * 1024 / 1e6
	}
	base := peak("20")
	if base < 20 || base > 50 {
		t.Fatalf("a program that touches 20 MB peaks at %.1f MB", base)
	}
	for _, more := range []float64{40, 150} {
		if got := peak(fmt.Sprint(20+more)) - base; got < more-2 || got > more+2 {
			t.Errorf("%v MB more memory measured as %.1f MB more", more, got)
		}
	}
	// Smaller than the meter: only VmHWM can tell, or a bound.
	s, _, _, err := measure(t.Context(), t.TempDir(), []string{"true"}, lim)
	if err != nil {
		t.Fatal(err)
	}
	if s.PeakKB <= 0 || s.PeakKB > 30000 {
		t.Errorf("true(1) peaks at %d kB from %s", s.PeakKB, s.PeakFrom)
	}
	s, _, _, err = measure(t.Context(), t.TempDir(), []string{"sleep", "0.1"}, lim)
	if err != nil {
		t.Fatal(err)
	}
	if s.PeakFrom != "vmhwm" || s.PeakKB < 200 || s.PeakKB > 4000 {
		t.Errorf("sleep(1) peaks at %d kB from %s", s.PeakKB, s.PeakFrom)
	}
}

// TestMeasureCPU checks CPU time, the CPU it ran on, its output and its exit status.
func TestMeasureCPU(t *testing.T) {
	lim := usable(t, time.Minute)
	t.Setenv("GOGC", "400")
	s, stdout, _, err := measure(t.Context(), t.TempDir(), []string{self(t), "burn", "300ms"}, lim)
	if err != nil {
		t.Fatal(err)
	}
	if cpu := s.User + s.System; cpu < 0.3 || cpu > 0.5 {
		t.Errorf("a program that burns 0.3 s is said to have used %.3f s", cpu)
	}
	if s.Wall < s.User || s.Exit != 3 || s.TimedOut {
		t.Errorf("wall %.3f s, exit %d, timed out %v; want more than %.3f, 3, false", s.Wall, s.Exit, s.TimedOut, s.User)
	}
	if got := strings.TrimSpace(stdout); got != "1 true" {
		t.Errorf("its CPUs and its GOGC: %q, want only CPU %d and no GOGC", got, clientCPU)
	}
}

// TestMeasureTimeout checks that a client that hangs is killed together with its children.
func TestMeasureTimeout(t *testing.T) {
	lim := usable(t, 200*time.Millisecond)
	pids := filepath.Join(t.TempDir(), "pid")
	s, _, _, err := measure(t.Context(), t.TempDir(), []string{"sh", "-c", "sleep 600 & echo $! > " + pids + "; wait"}, lim)
	if err != nil {
		t.Fatal(err)
	}
	if !s.TimedOut || s.Exit != -1 {
		t.Errorf("timed out %v, exit %d, want true, -1", s.TimedOut, s.Exit)
	}
	data, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	child := strings.TrimSpace(string(data))
	for deadline := time.Now().Add(10 * time.Second); alive(child); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %s outlived the client that started it", child)
		}
	}
}

// alive says whether a process exists and is no zombie.
func alive(pid string) bool {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(data), ") Z ")
}

// TestOnCPUs checks that a child is bound and the thread is not.
func TestOnCPUs(t *testing.T) {
	lim := usable(t, time.Minute)
	var before, after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	var out []byte
	err := onCPUs(lim.cpus, func() (err error) {
		out, err = exec.Command("grep", "Cpus_allowed_list", "/proc/self/status").Output()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := strings.Fields(string(out)); f[1] != strconv.Itoa(clientCPU) {
		t.Errorf("the child may use CPUs %s, want %d", f[1], clientCPU)
	}
	if err := unix.SchedGetaffinity(0, &after); err != nil || after != before {
		t.Errorf("the thread's mask is %v after, %v before (%v)", after, before, err)
	}
}

func TestChoosePeak(t *testing.T) {
	for _, c := range []struct {
		rusage, seen, floor, want int64
		from                      string
	}{
		{rusage: 9000, seen: 8900, floor: 6000, want: 9000, from: "rusage"},
		{rusage: 6000, seen: 3000, floor: 6000, want: 3000, from: "vmhwm"},
		{rusage: 6000, seen: 0, floor: 6000, want: 6000, from: "bound"},
	} {
		if kb, from := choosePeak(c.rusage, c.seen, c.floor); kb != c.want || from != c.from {
			t.Errorf("%+v: got %d from %s", c, kb, from)
		}
	}
}

// TestMachineCPU checks the machine's clock against what this process burns.
func TestMachineCPU(t *testing.T) {
	before, own := machineCPU(), ownCPU()
	for ownCPU() < own+0.2 {
		continue
	}
	if got := machineCPU().busy - before.busy; got < 0.1 {
		t.Errorf("0.2 s of work moved the machine's busy time by %.2f s", got)
	}
	st := processStat(strconv.Itoa(syscall.Getpid()))
	if st.parent != strconv.Itoa(syscall.Getppid()) || st.cpu <= 0 {
		t.Errorf("/proc says %+v of this process", st)
	}
}
