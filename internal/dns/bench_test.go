//go:build unix

package dns

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
)

// inChild, if set, makes the test binary a name server in a process of its own.
const inChild = "CRAWL_DNS_CHILD"

// childServer answers every question for IPv4 with one address and every other with none, by changing the query as little as
// it can, until its standard input ends.
func childServer() {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_ = socket.SetReadBuffer(4 << 20)
	fmt.Println(socket.LocalAddr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	buf := make([]byte, 1500)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buf)
		if err != nil {
			os.Exit(1)
		}
		end := 12
		for end < n && buf[end] != 0 {
			end += 1 + int(buf[end])
		}
		end += 5
		if end > n {
			continue
		}
		copy(buf[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
		out := buf[:end]
		if buf[end-3] == 1 { // type A
			buf[7] = 1
			out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
		}
		_, _ = socket.WriteToUDPAddrPort(out, from)
	}
}

// startServer starts that process.
func startServer(tb testing.TB) netip.AddrPort {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), inChild+"=1", "GOMAXPROCS=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	return netip.MustParseAddrPort(strings.TrimSpace(line))
}

// cpuTime is the CPU time of this process.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLookups resolves names that are all different through a server in another process, both families, and says how
// many a core of ours does. For 100,000 of them: go test ./internal/dns -run '^$' -bench Lookups -benchtime 100000x
func BenchmarkLookups(b *testing.B) {
	for _, k := range kinds() {
		if k.name == "threads" || k.name == "loop-poll" {
			continue
		}
		b.Run(k.name, func(b *testing.B) {
			e, err := k.make()
			if err != nil {
				b.Fatal(err)
			}
			c := DefaultConfig()
			c.Servers = []netip.AddrPort{startServer(b)}
			r := New(e, Options{Config: c})
			next, failed := 0, 0
			mu := e.NewMutex()
			b.ReportAllocs()
			before := cpuTime(b)
			b.ResetTimer()
			for range min(b.N, 500) {
				e.Go("asker", func(ctx context.Context) error {
					for {
						mu.Lock()
						n := next
						next++
						mu.Unlock()
						if n >= b.N {
							return nil
						}
						addrs, err := r.lookup(ctx, fmt.Sprintf("n%d.bench.test", n))
						if err != nil || len(addrs) != 1 {
							mu.Lock()
							failed++
							mu.Unlock()
						}
					}
				})
			}
			if err := e.Run(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if failed > 0 {
				b.Fatalf("%d lookups of %d failed", failed, b.N)
			}
			b.ReportMetric(float64(b.N)/(cpuTime(b)-before).Seconds(), "lookups/cpu-s")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lookups/s")
		})
	}
}

// hit is a resolver that knows a name.
func hit(e engine.Engine) *Resolver {
	return New(e, Options{Config: DefaultConfig(), Hosts: ParseHosts([]byte("192.0.2.1 www.example.test\n"))})
}

// BenchmarkHit is a question whose answer is known.
func BenchmarkHit(b *testing.B) {
	for _, k := range kinds() {
		if k.name == "threads" || k.name == "loop-poll" {
			continue
		}
		b.Run(k.name, func(b *testing.B) {
			e, err := k.make()
			if err != nil {
				b.Fatal(err)
			}
			r := hit(e)
			run(b, e, func(context.Context) error {
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					if a := r.Ask("www.example.test"); len(a.Addrs) != 1 || a.Err != nil {
						b.Error("no answer")
					}
				}
				b.StopTimer()
				return nil
			})
		})
	}
}

// TestHitAllocatesNothing: what is known costs no memory.
func TestHitAllocatesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		r := hit(e)
		run(t, e, func(ctx context.Context) error {
			r.Ask("www.example.test")
			if n := testing.AllocsPerRun(1000, func() { _ = r.Wait(ctx, r.Ask("www.example.test")) }); n > 0 {
				t.Errorf("%v allocations", n)
			}
			return nil
		})
	})
}
