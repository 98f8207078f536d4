package compare

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"crawl/internal/origin"
)

func describe(m *Machine) {
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		m.Kernel = unix.ByteSliceToString(uts.Release[:])
	}
	info, _ := os.ReadFile("/proc/cpuinfo") // absent: not known
	for line := range strings.Lines(string(info)) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "model name":
			m.CPU = strings.TrimSpace(value)
		case "flags":
			m.Virtualised = strings.Contains(value+" ", " hypervisor ")
		}
	}
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) == nil {
		m.Memory = int64(si.Totalram) * int64(si.Unit)
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		m.Descriptors = int(min(limit.Max, 1<<30))
	}
}

// chooseCPUs gives the first CPU to the origin and the second to the client.
func chooseCPUs() cpus {
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil || mask.Count() < 2 {
		return cpus{-1, -1}
	}
	var ours []int
	for c := 0; len(ours) < 2; c++ {
		if mask.IsSet(c) {
			ours = append(ours, c)
		}
	}
	return cpus{ours[0], ours[1]}
}

// onCPU runs fn with the calling thread, and so whatever it starts, bound to one CPU. The goroutine is locked to
// its thread, which gets its old mask back.
func onCPU(cpu int, fn func() error) error {
	if cpu < 0 {
		return fn()
	}
	var old, want unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return fmt.Errorf("CPUs of this thread: %w", err)
	}
	want.Set(cpu)
	if err := unix.SchedSetaffinity(0, &want); err != nil {
		return fmt.Errorf("bind to CPU %d: %w", cpu, err)
	}
	return errors.Join(fn(), unix.SchedSetaffinity(0, &old))
}

// prepareChild keeps a child out of the terminal's Ctrl-C and lets it die with this process.
func prepareChild(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // its own children too
}

// ticks of /proc are hundredths of a second on every architecture that Go runs on.
const ticks = 100

// usedCPU reads what the machine, this process and the origin have used.
func usedCPU(o *origin.Process) (t cpuTime) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	// cpu user nice system idle iowait irq softirq steal guest guest_nice (proc(5)); guests are in user.
	for i, f := range strings.Fields(line) {
		if n, err := strconv.ParseFloat(f, 64); err == nil && i != 4 && i != 5 && i < 9 {
			t.busy += n / ticks
		}
	}
	t.known = true
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) == nil {
		t.ours = float64(ru.Utime.Nano()+ru.Stime.Nano()) / 1e9
	}
	if o != nil {
		t.ours += processCPU(o.PID())
	}
	return t
}

// processCPU is the user and system time of a process in seconds; 0 when it is gone.
func processCPU(pid int) float64 {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(data), ") ") // the name before may have blanks
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks
}
