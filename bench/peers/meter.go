//go:build linux

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The rule of this file: a client is started by a small process of its own, never by the harness.
// Linux hands the peak memory of the process that forks down to what it executes (ru_maxrss is
// never reset), so a harness that has just read 300 MB of records would make every client look
// that big. The small process, the meter, is this same program started with the word "meter"; its
// few MB are the floor below which ru_maxrss says nothing, and there the kernel's own high-water
// mark of the client, VmHWM, read every few milliseconds, is taken instead.

// meterWord is the first argument that makes this program a meter.
const meterWord = "meter"

// meterMain runs one command and prints its sample as JSON. It returns the exit status of the meter.
func meterMain(args []string) int {
	fs := flag.NewFlagSet(meterWord, flag.ContinueOnError)
	cpus := fs.String("cpus", "", "CPUs of the command, with commas")
	timeout := fs.Duration("timeout", time.Minute, "kill the command after this")
	stdout := fs.String("stdout", os.DevNull, "file for its stdout")
	stderr := fs.String("stderr", os.DevNull, "file for its stderr")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	mask, err := splitInts(*cpus)
	if err != nil || fs.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "meter: usage: meter -cpus 1 -- command ...")
		return 2
	}
	s, err := meter(fs.Args(), runLimits{mask, *timeout}, *stdout, *stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return 1
	}
	return 0
}

// meter starts argv in a process group of its own, waits for it and returns its cost. SIGTERM to
// the meter ends the group too.
func meter(argv []string, lim runLimits, stdout, stderr string) (s sample, err error) {
	// The client dies with the thread that started it, so this one must stay.
	runtime.LockOSThread()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return s, err
	}
	files, err := openAll(stdout, stderr)
	if err != nil {
		return s, err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	var pid int
	begin := time.Now()
	err = onCPUs(lim.cpus, func() (err error) {
		begin = time.Now()
		pid, err = syscall.ForkExec(path, argv, &syscall.ProcAttr{
			Env: os.Environ(), Files: files,
			Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
		})
		return err
	})
	if err != nil {
		return s, fmt.Errorf("start %q: %w", path, err)
	}
	done, peak := make(chan struct{}), make(chan int64, 1)
	go func() { peak <- watch(pid, done, stop, time.After(lim.timeout), &s.TimedOut) }()

	var status syscall.WaitStatus
	var ru syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &ru); err != syscall.EINTR {
			break
		}
	}
	s.Wall = time.Since(begin).Seconds()
	close(done)
	seen := <-peak
	if err != nil {
		return s, fmt.Errorf("wait for %q: %w", path, err)
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL) // what the client left behind; usually nothing
	s.User, s.System = seconds(ru.Utime), seconds(ru.Stime)
	s.Voluntary, s.Involuntary, s.Exit = ru.Nvcsw, ru.Nivcsw, status.ExitStatus()
	s.PeakKB, s.PeakFrom = choosePeak(ru.Maxrss, seen, highWater("self"))
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return s, err
	}
	s.MeterCPU = seconds(own.Utime) + seconds(own.Stime)
	return s, nil
}

// choosePeak picks the client's peak in kB. rusage is exact wherever it exceeds floor, the peak of
// the meter that it may have been inherited from; else what was seen of VmHWM is taken. A client
// that ended before anything could be seen has rusage as its upper bound.
func choosePeak(rusage, seen, floor int64) (kb int64, from string) {
	switch {
	case rusage > floor:
		return rusage, "rusage"
	case seen > 0:
		return seen, "vmhwm"
	default:
		return rusage, "bound"
	}
}

// watch follows the process pid until done is closed and returns the largest VmHWM seen, in kB. It
// kills the group on a timeout, which it notes, and on a signal.
func watch(pid int, done <-chan struct{}, stop <-chan os.Signal, late <-chan time.Time, timedOut *bool) (peak int64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		peak = max(peak, highWater(strconv.Itoa(pid)))
		select {
		case <-done:
			return peak
		case <-tick.C:
		case <-late:
			*timedOut = true
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		case <-stop:
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
}

// highWater returns VmHWM of a process in kB, 0 when it is gone.
func highWater(pid string) int64 {
	data, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(data), "VmHWM:")
	if !ok {
		return 0
	}
	kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return kb
}

// openAll opens what the client gets as its first three descriptors: nothing to read, two files.
// They stay open until the meter ends.
func openAll(stdout, stderr string) (fds []uintptr, err error) {
	for _, f := range []struct {
		name string
		mode int
	}{
		{os.DevNull, syscall.O_RDONLY},
		{stdout, syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC},
		{stderr, syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC},
	} {
		fd, err := syscall.Open(f.name, f.mode|syscall.O_CLOEXEC, 0o644)
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: f.name, Err: err}
		}
		fds = append(fds, uintptr(fd))
	}
	return fds, nil
}
