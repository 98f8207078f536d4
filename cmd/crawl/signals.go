package main

import (
	"bytes"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// lastPatience is how long the output may take after the second signal, and what was said in the end.
const lastPatience = 2 * time.Second

// handleSignals: the first SIGINT, SIGTERM or SIGHUP drains, the second stops, SIGQUIT tells.
func (r *session) handleSignals() {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if sig == syscall.SIGHUP && signal.Ignored(sig) {
			continue // by nohup
		}
		r.engine.OnSignal(sig, func() { r.stop(sig) })
	}
	r.engine.OnSignal(syscall.SIGQUIT, func() {
		var b bytes.Buffer
		_ = r.engine.Dump(&b) // a buffer takes it
		r.say("%s", &b)
	})
}

func (r *session) stop(sig os.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.interrupted == nil {
		r.interrupted = sig
		stats := r.crawler.Stats()
		r.say("\ncrawl: %v: waiting for %d fetches in flight; once more to stop at once\n", sig, stats.InFlight)
		r.crawler.Drain()
		return
	}
	r.say("\ncrawl: %v: stopping\n", sig)
	r.cancel()
	code := signalCode(sig)
	time.AfterFunc(lastPatience, func() { os.Exit(code) }) // the output does not take what is left
}

func signalCode(sig os.Signal) int {
	switch sig {
	case syscall.SIGTERM:
		return exitTerminated
	case syscall.SIGHUP:
		return exitHungUp
	}
	return exitInterrupted
}
