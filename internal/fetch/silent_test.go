//go:build unix

package fetch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"crawl/internal/link"
)

// silentAddresses is on how many addresses of loopback the server listens, where it may: each has local ports of its
// own, which are not free for a minute after their connections.
const silentAddresses = 32

// childSilent is a server that accepts and never answers. It prints its addresses, and ends with its input.
func childSilent() error {
	port := 0
	for i := range silentAddresses {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:%d", 1+i, port))
		if err != nil && i == 0 {
			return err
		}
		if err != nil {
			break
		}
		port = ln.Addr().(*net.TCPAddr).Port
		fmt.Print(ln.Addr(), " ")
		go func() {
			kept := map[net.Conn]bool{} // else the collector would close them
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				kept[c] = true
			}
		}()
	}
	fmt.Println()
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// silentServer starts one in a process of its own: descriptors are counted by process.
func silentServer(b *testing.B) (addresses []string) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), inChild+"=silent")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.Fields(line)
}

// BenchmarkSilent: ten thousand fetches from a server that accepts and never answers. All of them end as a timeout; it
// reports how late the last is, in percent of the limit, and how much of a core was used while all of them waited.
//
//	go test ./internal/fetch -run '^$' -bench Silent -benchtime 3x
func BenchmarkSilent(b *testing.B) {
	for _, k := range kinds() {
		b.Run(k.name, func(b *testing.B) { benchSilent(b, k) })
	}
}

func benchSilent(b *testing.B, k kind) {
	const fetches, limit = 10_000, 10 * time.Second
	var urls []link.URL
	for _, address := range silentServer(b) {
		u, err := link.Parse("http://" + address + "/")
		if err != nil {
			b.Fatal(err)
		}
		urls = append(urls, u)
	}
	descriptors := openDescriptors()
	var late, busy float64
	for b.Loop() {
		e := k.engine(b)
		c := NewClient(e, Options{Timeout: limit, ConnectTimeout: limit, MaxConns: fetches})
		waits := make([]time.Duration, fetches)
		for i := range fetches {
			e.Go("fetch", func(ctx context.Context) error {
				var res Response
				err := c.Do(ctx, &Request{URL: &urls[i%len(urls)]}, &res)
				if class := ClassOf(err); class != TimeoutFirstByte {
					b.Errorf("class %s: %v", class, err)
				}
				waits[i] = res.Timings.Total - res.Timings.Queue - res.Timings.Connect
				return nil
			})
		}
		var from, to time.Duration // of processor time, a third and two thirds of the way
		e.Go("meter", func(ctx context.Context) error {
			if err := e.Sleep(ctx, limit/3); err != nil {
				return err
			}
			from = processorTime()
			err := e.Sleep(ctx, limit/3)
			to = processorTime()
			return err
		})
		if err := e.Run(context.Background()); err != nil {
			b.Error(err)
		}
		c.Close()
		for _, wait := range waits {
			if wait < limit {
				b.Errorf("a fetch timed out after %v", wait)
			}
			late = max(late, 100*(float64(wait)/float64(limit)-1))
		}
		busy = max(busy, 100*float64(to-from)/float64(limit/3))
	}
	if n := openDescriptors(); n > descriptors {
		b.Errorf("%d descriptors are left over", n-descriptors)
	}
	b.ReportMetric(late, "late-%")
	b.ReportMetric(busy, "core-%")
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil { // it cannot fail with these arguments
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
