package modes

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"
)

// usage is what the system has counted of this process, at some time.
type usage struct {
	user, system           time.Duration
	voluntary, involuntary int64
	peak                   int64 // resident, in bytes; 0: not told
}

// status is what this process is at some time, as far as the system tells: in bytes, 0 where it does not.
type status struct {
	peak, resident int64
	shared         int64 // of resident, pages of files
	threads        int
}

// measure times the work and tells what it cost.
func (j *job) measure(work func() error) (_ *Result, err error) {
	stop, err := startProfile(j.Profile)
	if err != nil {
		return nil, err
	}
	resetPeak()
	var memory, memoryAfter runtime.MemStats
	runtime.ReadMemStats(&memory)
	status := processStatus()
	before := processUsage()
	j.began = time.Now()
	err = work()
	wall := time.Since(j.began)
	after, statusAfter := processUsage(), processStatus()
	runtime.ReadMemStats(&memoryAfter)
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return nil, err
	}
	r := &Result{
		Reached: j.reached, Note: j.note, Fetches: int(j.over.Load()), Connections: int(j.connections.Load()),
		Wall: wall.Seconds(), User: (after.user - before.user).Seconds(), System: (after.system - before.system).Seconds(),
		PeakMemory: max(statusAfter.peak, statusAfter.resident), BaseMemory: status.resident, Shared: statusAfter.shared,
		Threads:   j.threads,
		Voluntary: after.voluntary - before.voluntary, Involuntary: after.involuntary - before.involuntary,
		Collections: int(memoryAfter.NumGC - memory.NumGC),
		PauseTotal:  float64(memoryAfter.PauseTotalNs-memory.PauseTotalNs) / 1e9,
		PauseMax:    float64(longestPause(&memory, &memoryAfter)) / 1e9,
	}
	if r.PeakMemory == 0 {
		r.PeakMemory = after.peak // since the process began, but better than nothing
	}
	return r, nil
}

// longestPause is in nanoseconds. The runtime keeps the last 256 pauses; of more, one of the older may have been
// longer.
func longestPause(before, after *runtime.MemStats) uint64 {
	n := min(int(after.NumGC-before.NumGC), len(after.PauseNs))
	var pauses []uint64
	for k := range n {
		pauses = append(pauses, after.PauseNs[(int(after.NumGC)-1-k+len(after.PauseNs))%len(after.PauseNs)])
	}
	if n == 0 {
		return 0
	}
	return slices.Max(pauses)
}

// startProfile begins a CPU profile, if there is a file for it.
func startProfile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
