package compare

import "runtime"

// cpus are where processes run; -1 is anywhere.
type cpus struct {
	origin, client int
	shared         bool // they are two threads of one core
}

// thisMachine is what is known of the machine.
func thisMachine(c cpus) Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version(), OriginCPU: c.origin, ClientCPU: c.client}
	describe(&m)
	return m
}

// cpuTime is what the processors have done, in seconds since the machine was started.
type cpuTime struct {
	known bool
	busy  float64 // all processors, stolen time included
	ours  float64 // of that, this process and the origin
}

// foreign is the time since before that went to neither this process nor the origin, in seconds; 0 where there
// is no telling.
func (t cpuTime) foreign(before cpuTime) float64 {
	if !t.known || !before.known {
		return 0
	}
	return (t.busy - before.busy) - (t.ours - before.ours)
}
