//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// firstTimeout bounds the wait for a first request.
const firstTimeout = 20 * time.Second

// firstWork measures how long a long list keeps a client from its first request: from just before
// fork to the first byte at the server.
func (h *harness) firstWork(ctx context.Context, lines int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	w := work{name: "first", urls: lines, url: func(i int) string { return fmt.Sprintf("http://%s/p/%d", l.Addr(), i) }}
	h.progress("first: time to the first request of a list of %d lines", lines)
	list, err := listFile(h.dir, w, lines)
	if err != nil {
		return err
	}
	out := filepath.Join(h.dir, "out.jsonl")
	defer os.Remove(list)
	defer os.Remove(out)
	for round := range h.rounds + 1 { // round 0 is the warm-up
		for _, p := range []string{loopMode, goroutineMode, netHTTP} {
			if !slices.Contains(h.peers, p) {
				continue
			}
			row := first{Kind: "first", Peer: p, Round: round, Lines: lines}
			d, err := h.firstRequest(ctx, l.(*net.TCPListener), h.bin.command(p, list, out, 100))
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				row.Problem = err.Error()
			}
			row.Seconds = d.Seconds()
			h.progress("  %2d %-9s %6.1f ms %s", round, p, row.Seconds*1e3, row.Problem)
			if err := h.results.add(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstRequest starts argv, waits for the first byte that reaches l, and kills it.
func (h *harness) firstRequest(ctx context.Context, l *net.TCPListener, argv []string) (time.Duration, error) {
	arrived := make(chan time.Time, 1)
	defer context.AfterFunc(ctx, func() { _ = l.SetDeadline(time.Now()) })()
	if err := l.SetDeadline(time.Now().Add(firstTimeout)); err != nil {
		return 0, err
	}
	go func() {
		defer close(arrived)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(firstTimeout))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			arrived <- time.Now()
		}
	}()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = h.dir, clientEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	begin := time.Now()
	if err := onCPUs([]int{clientCPU}, cmd.Start); err != nil {
		return 0, err
	}
	at, ok := <-arrived
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed: what it says about that is of no interest
	drainAccepts(l)
	if !ok {
		return 0, fmt.Errorf("no request within %v", firstTimeout)
	}
	return at.Sub(begin), nil
}

// drainAccepts takes the connections that a killed client has left in l's queue, so that the next
// one's is not mistaken for theirs.
func drainAccepts(l *net.TCPListener) {
	_ = l.SetDeadline(time.Now().Add(100 * time.Millisecond))
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}
