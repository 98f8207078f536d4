package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"time"
)

// What a crawl is like for the garbage collector: little garbage, much that is alive, and each collection has to
// look at every parked task (2.5 µs each). While tasks are still being made, a low percentage would collect too
// often; once they are there, it costs little (at 10,000 tasks a collection or two for 100,000 URLs) and keeps the
// heap close to what is alive.
const (
	gcAfterwards = 10 // percent
	growingTime  = time.Second
)

// tuneCollector returns what sets the garbage collector for all but the beginning of a crawl. GOGC in the
// environment has precedence. Allocations are not sampled: that is for profiles, and keeps tables.
func tuneCollector() (afterwards func()) {
	runtime.MemProfileRate = 0
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	return func() { debug.SetGCPercent(gcAfterwards) }
}

// startProfile begins a CPU profile, if there is a file for it.
func startProfile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, ioError(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, ioError(fmt.Errorf("%s: %w", file, err))
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}
