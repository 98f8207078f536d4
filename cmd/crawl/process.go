package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/pprof"
)

// tuneCollector trades a little memory for few collections: a crawl makes little garbage, and each collection
// has to look at every parked task.
func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(100)
	}
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
