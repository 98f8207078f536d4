package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"crawl/internal/engine"
	"crawl/internal/origin"
)

const demoHelp = `Start the test web in a process of its own, on 64 loopback addresses and with
every answer delayed, write a list of its URLs, and crawl it with all of them in
flight at once. It needs no network. At the end it says what the crawl counted and
what the server counted, which must be the same.`

// demoOptions are the flags of crawl demo.
type demoOptions struct {
	urls    int
	latency time.Duration
	mode    string
	keep    string
}

func newDemo(s streams) *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Crawl 10,000 slow URLs of the built-in test web at once",
		Long:  demoHelp,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), s) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.urls, "urls", 10_000, "URLs to crawl, all at once as far as descriptors allow")
	f.DurationVar(&o.latency, "latency", time.Second, "delay of every answer")
	f.StringVar(&o.mode, "mode", engine.ModeLoop, "loop or goroutine")
	f.StringVar(&o.keep, "keep", "", "keep list and records in `DIR`")
	return cmd
}

func (o *demoOptions) run(ctx context.Context, s streams) (err error) {
	if o.urls < 1 || o.latency < 0 {
		return usageError("--urls must be at least 1, --latency not negative")
	}
	if err := checkMode(o.mode); err != nil {
		return err
	}
	dir, clean, err := o.directory()
	if err != nil {
		return ioError(err)
	}
	defer clean()
	list, records := filepath.Join(dir, "urls.txt"), filepath.Join(dir, "records.jsonl")
	server, err := startOrigin(ctx, o.originArgs(list)...)
	if err != nil {
		return ioError(err)
	}
	defer func() {
		if stopErr := server.Close(); stopErr != nil {
			err = errors.Join(err, ioError(stopErr))
		}
	}()
	fmt.Fprintf(s.err, "crawl: test web at %s, every answer after %v; %d URLs in %s\n", server.URL(), o.latency, o.urls, list)

	run := &runOptions{list: list, output: records, mode: o.mode, progress: "auto"}
	run.addDefaults()
	run.work.concurrency, run.work.concurrencySet = o.urls, true
	began := time.Now()
	if err := run.run(s, nil); err != nil {
		return err
	}
	took := time.Since(began)
	stats, err := server.Stats()
	if err != nil {
		return ioError(err)
	}
	fmt.Fprintf(s.err, "crawl: the server counted: %s\n", originText(stats))
	fmt.Fprintf(s.err, "crawl: %v of waiting, in %v\n", time.Duration(o.urls)*o.latency, took.Round(time.Millisecond))
	if ok := run.ended.Ledger.Statuses[200]; ok != int64(o.urls) || stats.Requests != ok {
		return ioError(fmt.Errorf("%d of %d URLs were fetched well, and the server counted %d requests", ok, o.urls, stats.Requests))
	}
	return nil
}

// directory is where list and records go, and what takes it away again.
func (o *demoOptions) directory() (string, func(), error) {
	if o.keep != "" {
		return o.keep, func() {}, os.MkdirAll(o.keep, 0o755)
	}
	dir, err := os.MkdirTemp("", "crawl-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// originArgs are those of a web with as many pages as it takes.
func (o *demoOptions) originArgs(list string) []string {
	addresses := 1
	args := []string{"--latency", o.latency.String(), "--list", list, "--urls", strconv.Itoa(o.urls)}
	if runtime.GOOS == "linux" { // elsewhere 127.0.1.1 is not an address of the machine without setup
		addresses = 64
		args = append(args, "--addresses", strconv.Itoa(addresses))
	}
	return append(args, "--pages", strconv.Itoa((o.urls+addresses-1)/addresses))
}

// startOrigin starts this program again as crawl origin and returns when it serves.
func startOrigin(ctx context.Context, args ...string) (*origin.Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	return origin.StartProcess(ctx, append([]string{program, "origin", "--until-eof"}, args...)...)
}
