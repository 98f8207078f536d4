package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"time"

	"crawl/internal/engine"
)

// What a crawl is like for the garbage collector: little garbage, much that is alive, and each collection has to
// look at every parked task (2.5 µs each). While tasks are still being made, nearly all that is allocated stays, so
// there it collects seldom. Afterwards it lets some MB of garbage come together, however much is alive: a share of
// that would be too little at 1,000 connections, for the collections, and too much at 10,000, for the memory.
const (
	gcGrowing  = 200 // percent
	gcGarbage  = 4 << 20
	gcInterval = time.Second
)

// tuneCollector sets the garbage collector for a crawl on e. GOGC in the environment has precedence. Allocations
// are not sampled: that is for profiles, and keeps tables.
func tuneCollector(e engine.Engine) {
	runtime.MemProfileRate = 0
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(gcGrowing)
	percent := gcGrowing
	var again func()
	again = func() {
		if p := collectorPercent(); p != percent {
			percent = p
			debug.SetGCPercent(p)
		}
		e.After(gcInterval, again)
	}
	e.After(gcInterval, again)
}

// collectorPercent is GOGC for gcGarbage bytes of garbage, beside what is in use now; at least 10, at most 100.
func collectorPercent() int {
	inUse := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(inUse)
	return min(max(10, int(100*gcGarbage/(inUse[0].Value.Uint64()+inUse[1].Value.Uint64()))), 100)
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
