//go:build unix

package fetch

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crawl/internal/link"
)

// These compare fetches over TLS with those of the standard client, tuned, over the same server, which is in a process
// of its own. CPU is that of this process, so it matters little what else the machine does; what counts is the ratio of
// two lines. On one core:
//
//	GOMAXPROCS=1 go test ./internal/fetch -run '^$' -bench TLS -count 10

// pageServer is a server of pages over TLS in a child process.
type pageServer struct {
	address string
	roots   *x509.CertPool
}

// childPages is that process. It ends with its standard input.
func childPages() error {
	der, err := hex.DecodeString(os.Getenv("CERT"))
	if err != nil {
		return err
	}
	keyDER, err := hex.DecodeString(os.Getenv("KEY"))
	if err != nil {
		return err
	}
	key, err := x509.ParseECPrivateKey(keyDER)
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				answerPages(tls.Server(c, config))
			}()
		}
	}()
	fmt.Println(ln.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func startPages(b *testing.B) pageServer {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	a := newAuthority(b)
	cert := a.issue(b, nil)
	key, err := x509.MarshalECPrivateKey(cert.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), inChild+"=pages", "GOMAXPROCS=2", "GOGC=400", fmt.Sprintf("CERT=%x", cert.Certificate[0]), fmt.Sprintf("KEY=%x", key))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // what it says is of no interest any more
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the server said %q: %v", address, err)
	}
	return pageServer{strings.TrimSpace(address), a.pool}
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memoryHeld is the memory of this process: heap and stacks, garbage gone.
func memoryHeld() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	read(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// load is fetches of one client: inFlight at once, n in all, after one for each connection that does not count.
type load struct {
	inFlight int
	warm     bool // connections are kept, and there before it counts
	began    time.Duration
	idle     int64 // bytes for each connection, when all fetches are over
}

// report says what one of n cost.
func (l *load) report(b *testing.B) {
	b.ReportMetric(float64(cpuTime()-l.began)/float64(b.N), "cpu-ns/op")
}

// ours fetches by Client.
func (l *load) ours(b *testing.B, k kind, s pageServer) {
	e := k.engine(b)
	o := Options{MaxConns: 2 * l.inFlight, TLS: TLSOptions{Roots: s.roots}}
	c := NewClient(e, o)
	u, err := link.Parse("https://" + s.address + "/page")
	if err != nil {
		b.Fatal(err)
	}
	fields := []Field{}
	if !l.warm {
		config := c.secured(true).newConfig()
		config.ServerName, config.ClientSessionCache = u.Host(), nil // each handshake is a full one, as theirs are
		c.secured(true).configs[u.Host()] = config
		fields = append(fields, Field{Name: "Connection", Value: "close"})
	}
	before := memoryHeld()
	e.Go("main", func(ctx context.Context) error {
		round := func(n int64) error {
			var left, working atomic.Int64
			left.Store(n)
			working.Store(int64(l.inFlight))
			mu := e.NewMutex()
			over := e.NewCond(mu, "round")
			for range l.inFlight {
				e.Go("fetcher", func(ctx context.Context) error {
					req, res := &Request{URL: &u, Fields: fields, OnBody: func([]byte) error { return nil }}, new(Response)
					var failed error
					for left.Add(-1) >= 0 && failed == nil {
						if failed = c.Do(ctx, req, res); failed == nil && res.BytesBody != 2048 {
							failed = fmt.Errorf("%d bytes", res.BytesBody)
						}
					}
					mu.Lock()
					working.Add(-1)
					over.Signal()
					mu.Unlock()
					return failed
				})
			}
			mu.Lock()
			defer mu.Unlock()
			for working.Load() > 0 {
				if err := over.Wait(ctx); err != nil {
					return err
				}
			}
			return nil
		}
		defer c.Close()
		if l.warm {
			if err := round(int64(8 * l.inFlight)); err != nil {
				return err
			}
		}
		b.ResetTimer()
		l.began = cpuTime()
		if err := round(int64(b.N)); err != nil {
			return err
		}
		b.StopTimer()
		l.report(b)
		if conns := c.pool.spare; conns > 0 {
			l.idle = (memoryHeld() - before) / int64(conns)
		}
		return nil
	})
	if err := e.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// theirs fetches by the standard client, tuned as in the mode nethttp of crawl compare.
func (l *load) theirs(b *testing.B, s pageServer) {
	before := memoryHeld()
	transport := &http.Transport{
		MaxIdleConns: 2 * l.inFlight, MaxIdleConnsPerHost: 2 * l.inFlight, DisableCompression: true, WriteBufferSize: 1 << 10,
		TLSClientConfig: &tls.Config{RootCAs: s.roots, NextProtos: []string{"http/1.1"}}, DisableKeepAlives: !l.warm,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var conns atomic.Int64
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conns.Add(1)
		return (&net.Dialer{KeepAlive: -1}).DialContext(ctx, network, address)
	}
	round := func(n int64) error {
		var left atomic.Int64
		left.Store(n)
		var running sync.WaitGroup
		errs := make([]error, l.inFlight)
		for i := range l.inFlight {
			running.Go(func() {
				buffer := make([]byte, 4<<10)
				for left.Add(-1) >= 0 && errs[i] == nil {
					errs[i] = standardPage(client, s, buffer)
				}
			})
		}
		running.Wait()
		return errors.Join(errs...)
	}
	if l.warm {
		if err := round(int64(8 * l.inFlight)); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	l.began = cpuTime()
	if err := round(int64(b.N)); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	l.report(b)
	if l.warm {
		l.idle = (memoryHeld() - before) / conns.Load()
	}
}

func standardPage(client *http.Client, s pageServer, buffer []byte) error {
	res, err := client.Get("https://" + s.address + "/page")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, res.Body, buffer)
	if err == nil && n != 2048 {
		err = fmt.Errorf("%d bytes", n)
	}
	return err
}

// BenchmarkTLSWarm: fetches of a page of 2 KB over 1,000 connections that are there. idle-B/conn is what each of them
// holds afterwards, when nothing is due on it.
func BenchmarkTLSWarm(b *testing.B) {
	s := startPages(b)
	for _, k := range kinds() {
		b.Run(k.name, func(b *testing.B) {
			l := load{inFlight: 1000, warm: true}
			l.ours(b, k, s)
			b.ReportMetric(float64(l.idle), "idle-B/conn")
		})
	}
	b.Run("nethttp", func(b *testing.B) {
		l := load{inFlight: 1000, warm: true}
		l.theirs(b, s)
		b.ReportMetric(float64(l.idle), "idle-B/conn")
	})
}

// BenchmarkTLSHandshake: a full handshake, and a page, for each fetch.
func BenchmarkTLSHandshake(b *testing.B) {
	s := startPages(b)
	for _, k := range kinds() {
		b.Run(k.name, func(b *testing.B) { (&load{inFlight: 64}).ours(b, k, s) })
	}
	b.Run("nethttp", func(b *testing.B) { (&load{inFlight: 64}).theirs(b, s) })
}
