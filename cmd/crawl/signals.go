package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lastPatience is how long the output may take after the second signal.
const lastPatience = 2 * time.Second

// handleSignals: the first SIGINT or SIGTERM drains, the second stops, SIGQUIT tells.
func (r *session) handleSignals() {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		r.engine.OnSignal(sig, func() { r.stop(sig) })
	}
	r.engine.OnSignal(syscall.SIGQUIT, func() {
		var b bytes.Buffer
		_ = r.engine.Dump(&b) // a buffer takes it
		_, _ = r.streams.err.Write(b.Bytes())
	})
}

func (r *session) stop(sig os.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.interrupted == nil {
		r.interrupted = sig
		stats := r.crawler.Stats()
		fmt.Fprintf(r.streams.err, "\ncrawl: %v: waiting for %d fetches in flight; once more to stop at once\n", sig, stats.InFlight)
		r.crawler.Drain()
		return
	}
	fmt.Fprintf(r.streams.err, "\ncrawl: %v: stopping\n", sig)
	r.cancel()
	code := signalCode(sig)
	time.AfterFunc(lastPatience, func() { os.Exit(code) }) // the output does not take what is left
}

func signalCode(sig os.Signal) int {
	if sig == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}
