package latency

import (
	"fmt"
	"runtime"
	"strings"
)

// A Machine is where it was measured. Sizes are in bytes.
type Machine struct {
	OS          string `json:"os"`
	Kernel      string `json:"kernel,omitempty"`
	Arch        string `json:"arch"`
	Model       string `json:"cpu,omitempty"`
	Usable      int    `json:"cpus"` // by this program
	GOMAXPROCS  int    `json:"gomaxprocs"`
	Virtualised bool   `json:"virtualised,omitempty"` // the CPU says that there is a hypervisor
	Go          string `json:"go"`
	L1          int64  `json:"l1"` // of data
	L2          int64  `json:"l2,omitempty"`
	L3          int64  `json:"l3,omitempty"`
	Assumed     bool   `json:"caches_assumed,omitempty"`         // the sizes of the caches: the system does not tell
	HugePages   string `json:"transparent_huge_pages,omitempty"` // as Linux has it: always, madvise or never
}

// The caches of a usual machine, for where the system does not tell.
const (
	assumedL1 = 32 << 10
	assumedL2 = 1 << 20
	assumedL3 = 32 << 20
)

func thisMachine() *Machine {
	m := &Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Usable: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), Go: runtime.Version()}
	m.look()
	if m.L1 <= 0 {
		m.L1, m.L2, m.L3, m.Assumed = assumedL1, assumedL2, assumedL3, true
	}
	return m
}

// String is one line.
func (m *Machine) String() string {
	parts := []string{fmt.Sprintf("%d CPUs", m.Usable)}
	if m.Usable == 1 {
		parts[0] = "1 CPU"
	}
	if m.Model != "" {
		parts = append([]string{m.Model}, parts...)
	}
	if m.Virtualised {
		parts = append(parts, "virtualised")
	}
	parts = append(parts, fmt.Sprintf("GOMAXPROCS %d", m.GOMAXPROCS), m.OS+"/"+m.Arch, m.Go)
	return strings.Join(parts, ", ")
}

// caches is a line on their sizes.
func (m *Machine) caches() string {
	text := "caches: L1 " + sizeText(m.L1)
	if m.L2 > 0 {
		text += ", L2 " + sizeText(m.L2)
	}
	if m.L3 > 0 {
		text += ", L3 " + sizeText(m.L3)
	}
	if m.Assumed {
		text += " (assumed: the system does not tell)"
	}
	return text
}

// A cache is one of those that a CPU has.
type cache struct {
	level int
	kind  string // Data, Unified or Instruction
	bytes int64
}

// setCaches takes the largest cache of each level that holds data.
func (m *Machine) setCaches(all []cache) {
	for _, c := range all {
		if c.kind == "Instruction" {
			continue
		}
		switch c.level {
		case 1:
			m.L1 = max(m.L1, c.bytes)
		case 2:
			m.L2 = max(m.L2, c.bytes)
		case 3:
			m.L3 = max(m.L3, c.bytes)
		}
	}
}
