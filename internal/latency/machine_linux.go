package latency

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// look asks the kernel. What it does not tell stays as it is.
func (m *Machine) look() {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	m.lookAtCPU(read("/proc/cpuinfo"))
	m.setCaches(readCaches("/sys/devices/system/cpu/cpu0/cache"))
	if _, rest, ok := strings.Cut(read("/sys/kernel/mm/transparent_hugepage/enabled"), "["); ok {
		m.HugePages, _, _ = strings.Cut(rest, "]")
	}
}

// lookAtCPU takes the name of the model and the sign of a hypervisor from the text of /proc/cpuinfo.
func (m *Machine) lookAtCPU(cpuinfo string) {
	for l := range strings.Lines(cpuinfo) {
		key, value, _ := strings.Cut(l, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "":
			return // the next CPU
		case "model name":
			m.Model = value
		case "flags":
			m.Virtualised = strings.Contains(" "+value+" ", " hypervisor ")
		}
	}
}

// readCaches reads a folder index0, index1 … of sysfs.
func readCaches(folder string) (all []cache) {
	indexes, _ := filepath.Glob(filepath.Join(folder, "index*")) // the pattern is good
	for _, dir := range indexes {
		level, err := strconv.Atoi(read(filepath.Join(dir, "level")))
		bytes := kibibytes(read(filepath.Join(dir, "size")))
		if err == nil && bytes > 0 {
			all = append(all, cache{level, read(filepath.Join(dir, "type")), bytes})
		}
	}
	return all
}

// kibibytes is a size as sysfs has it, "48K" or "2M", in bytes; 0 if it is none.
func kibibytes(s string) int64 {
	unit := int64(1)
	if digits, ok := strings.CutSuffix(s, "K"); ok {
		s, unit = digits, 1<<10
	} else if digits, ok := strings.CutSuffix(s, "M"); ok {
		s, unit = digits, 1<<20
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return n * unit
}

// read is what a small file holds, without the white space around it; "" if it cannot be read.
func read(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// freeMemory is how many bytes may be taken without harm: what the kernel thinks is available, and the limit of the
// container. 0: it is not known.
func freeMemory() int64 {
	free := available(read("/proc/meminfo"))
	for _, group := range []struct{ limit, used string }{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, err := strconv.ParseInt(read(group.limit), 10, 64)
		used, errUsed := strconv.ParseInt(read(group.used), 10, 64)
		if err == nil && errUsed == nil && free > 0 {
			free = min(free, max(1, limit-used))
		}
	}
	return free
}

// available is MemAvailable of the text of /proc/meminfo, in bytes; 0 if it is not there.
func available(meminfo string) int64 {
	for l := range strings.Lines(meminfo) {
		if rest, ok := strings.CutPrefix(l, "MemAvailable:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
