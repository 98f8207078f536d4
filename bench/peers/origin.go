//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pageSize is the length of every page, in bytes.
const pageSize = 2048

// hosts is the number of addresses that a list spreads over where each fetch needs a connection of
// its own, so that no client runs out of ports: 127.0.1.1 to 127.0.1.64.
const hosts = 64

// counts is what a server saw since it began, its status page aside.
type counts struct {
	Requests int64 `json:"requests"` // for pages
	Robots   int64 `json:"robots"`   // for /robots.txt, which a polite client asks of each host
	Conns    int64 `json:"conns"`    // connections accepted
	Open     int64 `json:"open"`     // connections now
	Peak     int64 `json:"peak"`     // largest number of pages asked for and not yet answered; 0 if unknown
}

// origin is a running server to fetch from.
type origin interface {
	counts() (counts, error)
	cpu() float64 // seconds spent so far, user and system
	stop() error
}

// page returns the body that nginx sends: HTML of exactly pageSize bytes with nothing in it that
// nginx would expand.
func page() string {
	head := "<!doctype html><html><head><title>A page</title></head><body><ul>"
	for i := range 20 {
		head += fmt.Sprintf("<li><a href='/p/%d'>page %d</a></li>", i, i)
	}
	const tail = "</ul></body></html>"
	fill := pageSize - len(head) - len(tail) - len("<p></p>")
	return head + "<p>" + strings.Repeat("lorem ipsum ", pageSize)[:fill] + "</p>" + tail
}

// freePort returns a port that nothing listens on at ip now.
func freePort(ip string) (int, error) {
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// hostIP returns the address of host i of a list.
func hostIP(i int) string { return fmt.Sprintf("127.0.1.%d", i%hosts+1) }

// statusClient asks servers how they are, over a connection that is closed after each answer, so
// that it counts as exactly one request and one connection.
func statusClient() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

// get returns the body of a page.
func get(c *http.Client, url string) (string, error) {
	resp, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("get %q: status %d", url, resp.StatusCode)
	}
	return string(body), err
}

// settle waits until nobody is connected to o, so that the end of one run is not charged to the
// next one, and returns its counts.
func settle(ctx context.Context, o origin) (c counts, err error) {
	deadline := time.Now().Add(20 * time.Second)
	var peak int64 // asking starts a new one
	for {
		c, err = o.counts()
		peak = max(peak, c.Peak)
		c.Peak = peak
		if err != nil || c.Open == 0 {
			return c, err
		}
		if time.Now().After(deadline) {
			return c, fmt.Errorf("%d connections still open 20 s after the run", c.Open)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return c, err
		}
	}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// server is a child process that serves, with the log of its complaints.
type server struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when the process has ended
}

// startServer runs argv on the server's core. It is ready once ready returns nil, within 10 s.
func startServer(ctx context.Context, dir string, argv []string, ready func() error) (*server, error) {
	s := &server{cmd: exec.Command(argv[0], argv[1:]...), log: filepath.Join(dir, filepath.Base(argv[0])+".log"), done: make(chan struct{})}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, log, log
	// A group of its own: Ctrl-C must not stop the server before the harness does.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := onCPUs([]int{serverCPU}, s.cmd.Start); err != nil {
		return nil, err
	}
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := ready()
		if err == nil {
			return s, nil
		}
		select {
		case <-s.done:
			return nil, fmt.Errorf("%s ended at once: %s", argv[0], s.complaint())
		default:
		}
		if time.Now().After(deadline) {
			err = fmt.Errorf("%s does not answer: %w", argv[0], err)
		} else if err = pause(ctx, 20*time.Millisecond); err == nil {
			continue
		}
		return nil, errors.Join(err, s.stop())
	}
}

// complaint is the end of the server's log.
func (s *server) complaint() string {
	data, _ := os.ReadFile(s.log)
	return strings.TrimSpace(string(data[max(0, len(data)-500):]))
}

// stop ends the process: politely, and after 5 s for certain.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
		return nil
	case <-time.After(5 * time.Second):
	}
	_ = s.cmd.Process.Kill()
	<-s.done
	return fmt.Errorf("%s had to be killed", s.cmd.Path)
}

// cpu is the time spent by the process and by those it started, in seconds.
func (s *server) cpu() float64 {
	parent := strconv.Itoa(s.cmd.Process.Pid)
	sum := processStat(parent).cpu
	pids, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range pids {
		if st := processStat(filepath.Base(p)); st.parent == parent {
			sum += st.cpu
		}
	}
	return sum
}

type procStat struct {
	parent string
	cpu    float64 // user and system, in seconds
}

// processStat reads /proc/PID/stat; a process that is gone has spent nothing.
func processStat(pid string) (st procStat) {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return st
	}
	_, rest, ok := strings.Cut(string(data), ") ") // the name before it may hold anything
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return st
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return procStat{parent: f[1], cpu: (user + system) / clockTicks}
}

// clockTicks is the unit of times in /proc, per second: USER_HZ, which is 100 on every Linux port
// that Go runs on.
const clockTicks = 100
