//go:build linux

// Command peers measures crawl beside wrk and a tuned net/http client, on the same work, in the
// same minutes, and judges the figures that crawl promises. See bench/README.md for the method.
//
//	go run ./bench/peers [-works a100,b,list] [-rounds 5] [-urls 100000] [-peers wrk,loop] [-out DIR] [-keep]
//	go run ./bench/peers -table FILE.jsonl
//
// Its one rule: no figure without proof that the work was done. It leaves out every client that is
// not one of the three, and everything that needs a network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case meterWord:
			os.Exit(meterMain(os.Args[2:]))
		case slowWord:
			os.Exit(slowMain(os.Args[2:]))
		}
	}
	// CPU masks and "die with your parent" belong to a thread, so this goroutine keeps one.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := bench(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "peers: interrupted:", err)
		os.Exit(130)
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	works, peers []string
	rounds, urls int
	wrkSeconds   int
	out, table   string
	keep         bool
}

func parseFlags(args []string) (o options, err error) {
	fs := flag.NewFlagSet("peers", flag.ContinueOnError)
	works := fs.String("works", "all", "what to measure: "+strings.Join(workNames[:], ", ")+"; or a, b, c, list, all")
	peers := fs.String("peers", strings.Join(peerNames[:], ","), "which clients")
	fs.IntVar(&o.rounds, "rounds", properRounds, "rounds that count")
	fs.IntVar(&o.urls, "urls", 100000, "lines of the list in the works a and b; the list works take a tenth and ten times as many")
	fs.IntVar(&o.wrkSeconds, "wrk-seconds", 4, "duration of a run of wrk")
	fs.StringVar(&o.out, "out", "", "directory for the results (default bench/results of the repository)")
	fs.StringVar(&o.table, "table", "", "print the report of this file of raw results, measure nothing")
	fs.BoolVar(&o.keep, "keep", false, "keep the working directory, with nginx's configuration and logs")
	if fs.Parse(args) != nil {
		return o, flag.ErrHelp // what is wrong has been said
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.rounds < 1 || o.urls < 100 || o.wrkSeconds < 1 {
		return o, errors.New("need at least 1 round, 100 URLs and 1 second")
	}
	if o.works, err = expandWorks(*works); err != nil {
		return o, err
	}
	o.peers = strings.Split(*peers, ",")
	for _, p := range o.peers {
		if !slices.Contains(peerNames[:], p) {
			return o, fmt.Errorf("unknown client %q: choose from %s", p, strings.Join(peerNames[:], ", "))
		}
	}
	return o, nil
}

// bench does what the flags say.
func bench(ctx context.Context, args []string) (err error) {
	o, err := parseFlags(args)
	if err != nil {
		return err
	}
	if o.table != "" {
		return printTable(o.table)
	}
	cpus, err := o.missing()
	if err != nil {
		return err
	}
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Join(root, "bench", "results")
	}
	dir, err := workDir()
	if err != nil {
		return err
	}
	if o.keep {
		defer fmt.Fprintln(os.Stderr, "kept", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	h := &harness{
		dir: dir, peers: o.peers, rounds: o.rounds, wrkSeconds: o.wrkSeconds, allCPUs: cpus,
		progress: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	}
	if h.bin, err = build(ctx, root, dir, o.peers); err != nil {
		return err
	}
	return h.run(ctx, o, root)
}

// run starts the servers, measures, and writes the raw rows and the report.
func (h *harness) run(ctx context.Context, o options, root string) (err error) {
	// The harness stays off the client's core, and clients get all descriptors there may be.
	limit := uint64(openFiles())
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return fmt.Errorf("raise the limit of open files to %d: %w", limit, err)
	}
	var server unix.CPUSet
	server.Set(serverCPU)
	if err := unix.SchedSetaffinity(0, &server); err != nil {
		return err
	}
	if h.nginx, err = startNginx(ctx, h.dir, backlogFile); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.nginx.stop()) }()
	if h.slow, err = startSlow(ctx, h.dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.slow.stop()) }()

	m := newMachine(ctx, root, h.dir)
	m.Rounds, m.URLs, m.WrkSeconds = o.rounds, o.urls, o.wrkSeconds
	raw, err := newResultFile(o.out, m.Time)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	h.results = &results{w: raw}
	if err := h.results.add(m); err != nil {
		return err
	}
	for _, name := range o.works {
		if err := h.work(ctx, name, o.urls); err != nil {
			return fmt.Errorf("%s: %w (rows so far: %s)", name, err, raw.Name())
		}
	}
	page := strings.TrimSuffix(raw.Name(), ".jsonl") + ".md"
	if err := os.WriteFile(page, []byte(h.results.report()), 0o644); err != nil {
		return err
	}
	fmt.Print(markdown(h.results.targets()))
	h.progress("raw results: %s\nreport: %s", raw.Name(), page)
	return nil
}

// work measures one work.
func (h *harness) work(ctx context.Context, name string, urls int) error {
	switch name {
	case "first":
		return h.firstWork(ctx, urls*10)
	case "strace":
		return h.straceWorks(ctx)
	case "demo":
		if !slices.Contains(h.peers, loopMode) {
			return nil
		}
		return h.demoWork(ctx)
	}
	return h.list(ctx, newWork(name, urls, h.nginx, h.slow))
}

// printTable prints the report of a file of raw results.
func printTable(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := readResults(f)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	fmt.Print(r.report())
	return nil
}
