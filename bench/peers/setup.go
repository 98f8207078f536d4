//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// missing says what this machine lacks for o, with a hint for each, or returns its CPUs.
func (o options) missing() (cpus []int, err error) {
	var lacks []error
	need := func(tool, pkg string) {
		if _, err := exec.LookPath(tool); err != nil {
			lacks = append(lacks, fmt.Errorf("%s is not installed\nhint: apt-get install %s", tool, pkg))
		}
	}
	need("nginx", "nginx-light")
	need("go", "golang")
	if slices.Contains(o.peers, wrk) {
		need("wrk", "wrk")
	}
	if slices.Contains(o.works, "strace") {
		need("strace", "strace")
	}
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil {
		return nil, err
	}
	for c := range len(mask) * 64 {
		if mask.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	if !mask.IsSet(serverCPU) || !mask.IsSet(clientCPU) {
		lacks = append(lacks, fmt.Errorf("CPUs %d and %d are needed, this process may use %v\nhint: a machine with one CPU cannot measure this", serverCPU, clientCPU, cpus))
	}
	const descriptors = 12000 // 10,000 connections and room for those that net/http opens in vain
	if n := openFiles(); n < descriptors && slices.ContainsFunc(o.works, func(w string) bool { return strings.HasSuffix(w, "10000") || w == "demo" }) {
		lacks = append(lacks, fmt.Errorf("%d open files are allowed, 10,000 in flight need %d\nhint: ulimit -n %d", n, descriptors, descriptors))
	}
	return cpus, errors.Join(lacks...)
}

// repository is the top of the module that this program belongs to.
func repository(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	mod := strings.TrimSpace(string(out))
	if err != nil || filepath.Base(mod) != "go.mod" {
		return "", fmt.Errorf("not inside the repository (go env GOMOD says %q)", mod)
	}
	return filepath.Dir(mod), nil
}

// workDir makes a directory for lists and records, in memory where 2 GB are free there.
func workDir() (string, error) {
	const shm, room = "/dev/shm", 2_000_000_000
	var fs unix.Statfs_t
	if unix.Statfs(shm, &fs) == nil && fs.Type == unix.TMPFS_MAGIC && fs.Bavail*uint64(fs.Bsize) > room {
		if dir, err := os.MkdirTemp(shm, "crawl-peers-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "crawl-peers-")
}

// newResultFile creates DIR/YYYY-MM-DD.jsonl, or with -2, -3 … when there is one already.
func newResultFile(dir string, day time.Time) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, day.Format("2006-01-02"))
	for n := 1; ; n++ {
		suffix := ".jsonl"
		if n > 1 {
			suffix = fmt.Sprintf("-%d.jsonl", n)
		}
		f, err := os.OpenFile(name+suffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}
