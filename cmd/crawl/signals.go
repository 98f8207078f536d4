package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

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
	time.AfterFunc(lastPatience, func() { // the output does not take what is left
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

// untilSignal ends a context at the first signal to stop. caught is then the code to exit with, and 0 before.
func untilSignal(parent context.Context) (ctx context.Context, caught func() int, stop func()) {
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithCancelCause(parent)
	arrived := make(chan os.Signal, 1)
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signals = append(signals, syscall.SIGHUP)
	}
	signal.Notify(arrived, signals...)
	go func() {
		select {
		case sig := <-arrived:
			cancel(signalError{sig})
			signal.Stop(arrived) // a second one ends the program
		case <-ctx.Done():
		}
	}()
	caught = func() int {
		var s signalError
		if errors.As(context.Cause(ctx), &s) {
			return signalCode(s.Signal)
		}
		return 0
	}
	return ctx, caught, func() {
		signal.Stop(arrived)
		cancel(nil)
	}
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ os.Signal }

func (e signalError) Error() string { return e.String() }
