package main

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/live"
)

// endPatience is how long it may take to end after the second signal: longer than what has a patience of its own, so
// that only what has none is cut off, as the closing of a file on a disk that does not answer.
const endPatience = crawler.OutputPatience + live.Patience + lastPatience

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
	code := signalCode(r.interrupted)
	time.AfterFunc(endPatience, func() { // the output does not take what is left
		if c, ok := r.streams.err.(*console); ok {
			c.close(lastWord)
		}
		os.Exit(code)
	})
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

// untilSignal returns a context that ends with the first SIGINT, SIGTERM or SIGHUP; its cause is then an *exitErr with
// the code for it. A second signal ends the program.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		select {
		case sig := <-signals:
			signal.Stop(signals)
			cancel(&exitErr{code: signalCode(sig)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
