package modes

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// taskBounds are how many times each tasks the kernel still allows.
func taskBounds(each int) []bound {
	used := runningTasks()
	bounds := []bound{
		// A number is taken for each thread, and there are no more (proc_sys_kernel(5)).
		taskBound(numberIn("/proc/sys/kernel/pid_max"), used, each, "the kernel's number of process IDs (kernel.pid_max)"),
		taskBound(numberIn("/proc/sys/kernel/threads-max"), used, each, "the kernel's number of threads (kernel.threads-max)"),
		// With cgo, the C library maps a stack and a guard for each thread (vm.max_map_count, proc_sys_vm(5)).
		{(numberIn("/proc/sys/vm/max_map_count")/2 - spareTasks), "the kernel allows a process few mappings (vm.max_map_count)"},
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NPROC, &limit) == nil && limit.Cur < math.MaxInt32 && os.Geteuid() != 0 { // root is exempt
		bounds = append(bounds, taskBound(int(limit.Cur), used, each, "the user's number of processes (ulimit -u)"))
	}
	for _, dir := range controlGroups("pids") {
		if most := numberIn(filepath.Join(dir, "pids.max")); most < math.MaxInt32 {
			bounds = append(bounds, taskBound(most, numberIn(filepath.Join(dir, "pids.current")), each, "the control group's number of processes (pids.max)"))
		}
	}
	return bounds
}

// memoryBound leaves half of the memory that is free to others.
func memoryBound(each int64, what string) []bound {
	free := int64(math.MaxInt64)
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "MemAvailable:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err == nil {
				free = kb << 10
			}
		}
	}
	for _, files := range [][2]string{{"memory.max", "memory.current"}, {"memory.limit_in_bytes", "memory.usage_in_bytes"}} {
		for _, dir := range controlGroups("memory") {
			if most := numberIn(filepath.Join(dir, files[0])); most < math.MaxInt {
				free = min(free, int64(most-min(most, numberIn(filepath.Join(dir, files[1])))))
			}
		}
	}
	if free == math.MaxInt64 {
		return nil
	}
	return []bound{{int(free / 2 / each), fmt.Sprintf("%s takes up to %d KB, and %d MB of memory are free, half of which is left to others", what, each>>10, free>>20)}}
}

// runningTasks is how many threads there are on the machine (proc_loadavg(5), the fourth field).
func runningTasks() int {
	text, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(text)); len(f) > 3 {
		_, total, _ := strings.Cut(f[3], "/")
		if n, err := strconv.Atoi(total); err == nil {
			return n
		}
	}
	return 0
}

// controlGroups are the directories of the control groups that this process is in, of version 2 and of the
// controller's in version 1 (cgroups(7)), innermost first.
func controlGroups(controller string) (dirs []string) {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) < 3 {
			continue
		}
		root := "/sys/fs/cgroup"
		switch {
		case f[0] == "0" && f[1] == "":
		case f[1] == controller:
			root = filepath.Join(root, controller)
		default:
			continue
		}
		for path := f[2]; ; path = filepath.Dir(path) {
			dirs = append(dirs, filepath.Join(root, path))
			if path == "/" || path == "." {
				break
			}
		}
	}
	return dirs
}

// numberIn is the number that a file holds. Without one, or with a word such as max, it is more than anything.
func numberIn(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return math.MaxInt
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n > math.MaxInt {
		return math.MaxInt
	}
	return int(n)
}
