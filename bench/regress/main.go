// Command regress proves what crawl bench --baseline is worth: it plants regressions of known size into a fetch,
// by the hidden flag --burden, runs crawl bench end to end each time, and counts false alarms and misses.
//
//	go run ./bench/regress [-clean 100] [-planted 15] [-rounds 15] [-fetches 7000] [-max-time 29m] [-out DIR]
//	go run ./bench/regress -table FILE.jsonl
//
// Its one rule: it judges nothing itself. What it counts is what crawl bench said, and other limits and rules are
// evaluated by the same code from the samples, which are kept. It needs no network, and a machine with nothing
// else to do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"crawl/internal/bench"
	"crawl/internal/modes"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := prove(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "regress: interrupted:", err)
		os.Exit(130)
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "regress:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	clean, planted  int
	rounds, fetches int
	concurrency     int
	reference       string
	maxTime         time.Duration
	out, table      string
}

func parseFlags(args []string) (o options, err error) {
	fs := flag.NewFlagSet("regress", flag.ContinueOnError)
	fs.IntVar(&o.clean, "clean", 100, "runs without a regression")
	fs.IntVar(&o.planted, "planted", 15, "runs with each of the planted regressions")
	fs.IntVar(&o.rounds, "rounds", bench.DefaultRounds, "rounds of each run")
	fs.IntVar(&o.fetches, "fetches", 7000, "fetches of each mode in a round")
	fs.IntVar(&o.concurrency, "c", 100, "fetches in flight")
	fs.StringVar(&o.reference, "reference", modes.Callbacks, "the mode that ratios are to")
	fs.DurationVar(&o.maxTime, "max-time", 29*time.Minute, "begin no run after this time")
	fs.StringVar(&o.out, "out", filepath.Join("bench", "results"), "directory for the results")
	fs.StringVar(&o.table, "table", "", "print the tables of this file of raw results, measure nothing")
	if fs.Parse(args) != nil {
		return o, flag.ErrHelp // what is wrong has been said
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.clean < 1 || o.planted < 0 || o.rounds < 6 || o.fetches < 100 || o.concurrency < 1:
		return o, errors.New("need at least 1 clean run, 6 rounds, 100 fetches, 1 in flight")
	}
	return o, nil
}

// prove does what the flags say.
func prove(ctx context.Context, args []string) error {
	o, err := parseFlags(args)
	if err != nil {
		return err
	}
	if o.table != "" {
		return printTable(o.table)
	}
	dir, err := os.MkdirTemp("", "crawl-regress-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	raw, err := newResultFile(o.out, time.Now())
	if err != nil {
		return err
	}
	p := &prover{options: o, dir: dir, results: &results{w: raw}}
	err = errors.Join(p.run(ctx), raw.Close())
	if err != nil {
		return fmt.Errorf("%w (rows so far: %s)", err, raw.Name())
	}
	page := strings.TrimSuffix(raw.Name(), ".jsonl") + ".md"
	if err := os.WriteFile(page, []byte(p.results.report()), 0o644); err != nil {
		return err
	}
	fmt.Print(p.results.report())
	fmt.Fprintf(os.Stderr, "raw results: %s\nreport: %s\n", raw.Name(), page)
	return nil
}

// newResultFile creates DIR/YYYY-MM-DD-regress.jsonl, or with -2, -3 … when there is one already.
func newResultFile(dir string, day time.Time) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, day.Format("2006-01-02")+"-regress")
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
