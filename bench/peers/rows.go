//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The raw results are JSON lines. Each has a kind; a file begins with one "machine" and holds any
// number of the others, in the order in which they were measured.

// machine says where and on what the figures were measured. It names no host.
type machine struct {
	Kind       string    `json:"kind"` // "machine"
	Time       time.Time `json:"time"`
	CPU        string    `json:"cpu"`
	CPUs       int       `json:"cpus"`
	MemoryMB   uint64    `json:"memory_mb"` // 10^6 bytes
	Kernel     string    `json:"kernel"`
	Go         string    `json:"go"`
	Nginx      string    `json:"nginx"`
	Wrk        string    `json:"wrk"`
	Strace     string    `json:"strace"`
	Commit     string    `json:"commit"`
	OpenFiles  int       `json:"open_files"`
	Backlog    string    `json:"somaxconn"`
	Output     string    `json:"output_on"` // file system that lists and records are on
	Rounds     int       `json:"rounds"`
	URLs       int       `json:"urls"`
	WrkSeconds int       `json:"wrk_seconds"`
}

// run is one client's run of one work.
type run struct {
	Kind    string `json:"kind"` // "run"
	Work    string `json:"work"`
	Title   string `json:"title"`
	Peer    string `json:"peer"`
	Round   int    `json:"round"` // 0 is the warm-up, which no table counts
	Conc    int    `json:"conc"`
	Fetches int64  `json:"fetches"` // answered with status 200 and the whole page
	sample
	Server    counts  `json:"server"` // what the server saw during the run
	ServerCPU float64 `json:"server_cpu_s"`
	Foreign   float64 `json:"foreign_s"` // CPU time of everything that has no part in the run
	Steal     float64 `json:"steal_s"`   // taken away by the hypervisor
	Noisy     bool    `json:"noisy"`
	Problem   string  `json:"problem,omitempty"` // why the run is not verified; such a run has no figures
}

// noisyShare is the part of a run's wall time that others may take before it is called noisy.
const noisyShare = 0.10

// cpu is the client's CPU time per fetch in microseconds.
func (r run) cpu() float64 { return (r.User + r.System) / float64(r.Fetches) * 1e6 }

// calls holds the system calls per fetch of one client, from two runs of different length: what
// both spend on starting and stopping drops out of the difference.
type calls struct {
	Kind    string             `json:"kind"` // "strace"
	Work    string             `json:"work"`
	Peer    string             `json:"peer"`
	Short   int64              `json:"fetches_short"`
	Long    int64              `json:"fetches_long"`
	Calls   map[string]float64 `json:"calls"` // per fetch, by name
	Problem string             `json:"problem,omitempty"`
}

// first is the time from starting a client to its first request's arrival at the server.
type first struct {
	Kind    string  `json:"kind"` // "first"
	Peer    string  `json:"peer"`
	Round   int     `json:"round"`
	Lines   int     `json:"lines"`
	Seconds float64 `json:"seconds"`
	Problem string  `json:"problem,omitempty"`
}

// demo is one run of "crawl demo".
type demo struct {
	Kind  string `json:"kind"` // "demo"
	Round int    `json:"round"`
	sample
	Output   string  `json:"output"`    // all it printed
	OK       int     `json:"ok"`        // of Of; both 0 when the output does not say
	Of       int     `json:"of"`        //
	InFlight int     `json:"in_flight"` // the server's own peak; 0 when the output does not say
	Crawl    float64 `json:"crawl_s"`   // wall time once the server was up; 0 when the output does not say
}

// results are all rows of a file.
type results struct {
	machine machine
	runs    []run
	calls   []calls
	firsts  []first
	demos   []demo
	w       io.Writer // receives each row as soon as it is there; may be nil
}

// add keeps a row and writes it.
func (r *results) add(row any) error {
	switch v := row.(type) {
	case machine:
		r.machine = v
	case run:
		r.runs = append(r.runs, v)
	case calls:
		r.calls = append(r.calls, v)
	case first:
		r.firsts = append(r.firsts, v)
	case demo:
		r.demos = append(r.demos, v)
	default:
		panic(fmt.Sprintf("peers: a row of type %T", row))
	}
	if r.w == nil {
		return nil
	}
	return json.NewEncoder(r.w).Encode(row)
}

// readResults reads the rows that add wrote.
func readResults(in io.Reader) (*results, error) {
	r := &results{}
	lines := bufio.NewReader(in)
	for n := 1; ; n++ {
		data, err := lines.ReadBytes('\n')
		if err == io.EOF && len(bytes.TrimSpace(data)) == 0 {
			return r, nil
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		if err := r.decode(data); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
}

func (r *results) decode(data []byte) error {
	var head struct{ Kind string }
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	switch head.Kind {
	case "machine":
		return decodeInto[machine](r, data)
	case "run":
		return decodeInto[run](r, data)
	case "strace":
		return decodeInto[calls](r, data)
	case "first":
		return decodeInto[first](r, data)
	case "demo":
		return decodeInto[demo](r, data)
	}
	return fmt.Errorf("unknown kind %q", head.Kind)
}

func decodeInto[T any](r *results, data []byte) error {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return r.add(v)
}

// newMachine describes this machine and the tools on it. dir is where lists and records go.
func newMachine(ctx context.Context, root, dir string) machine {
	m := machine{Kind: "machine", Time: time.Now().UTC().Truncate(time.Second), CPUs: runtime.NumCPU(), Go: runtime.Version(), OpenFiles: openFiles()}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = firstMatch(`(?m)^model name\s*:\s*(.*)$`, string(info))
	}
	var sys unix.Sysinfo_t
	if unix.Sysinfo(&sys) == nil {
		m.MemoryMB = sys.Totalram * uint64(sys.Unit) / 1e6
	}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		m.Kernel = unix.ByteSliceToString(uts.Sysname[:]) + " " + unix.ByteSliceToString(uts.Release[:])
	}
	m.Nginx = firstMatch(`nginx/(\S+)`, output(ctx, root, "nginx", "-v"))
	m.Wrk = firstMatch(`^wrk (\S+)`, output(ctx, root, "wrk", "-v"))
	m.Strace = firstMatch(`version (\S+)`, output(ctx, root, "strace", "-V"))
	m.Commit = firstMatch(`^([0-9a-f]{7,})\s`, output(ctx, root, "git", "rev-parse", "--short", "HEAD"))
	if m.Commit != "" && output(ctx, root, "git", "status", "--porcelain", "--untracked-files=no") != "" {
		m.Commit += " and changes"
	}
	if b, err := os.ReadFile(backlogFile); err == nil {
		m.Backlog = strings.TrimSpace(string(b))
	}
	m.Output = "disk"
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) == nil && fs.Type == unix.TMPFS_MAGIC {
		m.Output = "tmpfs"
	}
	return m
}

// output is what a command prints to both of its outputs; that it may fail is of no interest, since
// some tools exit with 1 after telling their version.
func output(ctx context.Context, dir, name string, args ...string) string {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// firstMatch is the first group of the first match of re in s, or "".
func firstMatch(re, s string) string {
	m := regexp.MustCompile(re).FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[1]
}
