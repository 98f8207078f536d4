package compare

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// chooseCPUs gives the first CPU to the origin, and to the client the next one that is not of the same core.
func chooseCPUs() cpus {
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil || mask.Count() < 2 {
		return cpus{origin: -1, client: -1}
	}
	var all []int
	for c := 0; len(all) < mask.Count(); c++ {
		if mask.IsSet(c) {
			all = append(all, c)
		}
	}
	origin, others := all[0], all[1:]
	siblings := siblingsOf(origin)
	for _, c := range others {
		if !slices.Contains(siblings, c) {
			return cpus{origin: origin, client: c}
		}
	}
	return cpus{origin: origin, client: others[0], shared: true}
}

// siblingsOf are the CPUs that are one core with c, as far as the kernel tells: "0,4", or "0-1".
func siblingsOf(c int) (all []int) {
	list, _ := os.ReadFile("/sys/devices/system/cpu/cpu" + strconv.Itoa(c) + "/topology/thread_siblings_list")
	for part := range strings.SplitSeq(strings.TrimSpace(string(list)), ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		if err != nil {
			continue
		}
		to := from
		if isRange {
			to, _ = strconv.Atoi(last)
		}
		for n := from; n <= to; n++ {
			all = append(all, n)
		}
	}
	return all
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

// familyCPU is the time of a process and of its children, which are those of its threads.
func familyCPU(pid int) float64 {
	sum := processCPU(pid)
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children") // proc_pid_task_children(5)
	for _, name := range lists {
		list, _ := os.ReadFile(name) // a thread that has ended has none
		for _, child := range strings.Fields(string(list)) {
			if n, err := strconv.Atoi(child); err == nil {
				sum += processCPU(n)
			}
		}
	}
	return sum
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
