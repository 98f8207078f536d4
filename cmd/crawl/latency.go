package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"crawl/internal/latency"
)

const latencyHelp = `Measure what things cost on this machine, from one instruction to the start of a
process, beside the figures that are commonly cited, and say how long that is as
the CPU feels it: one instruction is one second. What cannot be measured here says
why. It ends with one fetch of this crawler, from the test web in a process of its
own: how long it worked and how long it waited.

It takes about eight seconds, and needs no network. Each figure is the median of
several repetitions, with the smallest and the largest beside it: on a machine
that does something else meanwhile they are far apart. docs/latency.md has the
method of each.`

const latencyExamples = `  crawl latency
  crawl latency --quick
  crawl latency --disk /var/tmp --json > latency.json`

// latencyOptions are the flags of crawl latency.
type latencyOptions struct {
	quick  bool
	json   bool
	memory size
	disk   string
}

func newLatency(s streams) *cobra.Command {
	o := &latencyOptions{}
	cmd := &cobra.Command{
		Use:     "latency",
		Short:   "Measure what things cost on this machine, as the CPU feels them",
		Long:    latencyHelp,
		Example: latencyExamples,
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return o.run(s) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.quick, "quick", false, "shorter and fewer repetitions, and less memory: two seconds, and more noise")
	f.Var(&o.memory, "memory", "most memory to use, as `512MiB` (default that, or 64MiB with --quick)")
	f.StringVar(&o.disk, "disk", "", "measure the disk that `DIR` is on (default that of temporary files)")
	f.BoolVar(&o.json, "json", false, "JSON instead of a table")
	return cmd
}

func (o *latencyOptions) run(s streams) error {
	if info, err := os.Stat(o.disk); o.disk != "" && (err != nil || !info.IsDir()) {
		return usageError("--disk %q: is not a directory", o.disk)
	}
	program, err := os.Executable()
	if err != nil {
		return ioError(err)
	}
	descriptorLimit()
	ctx, stop := untilSignal()
	defer stop()
	progress := &measuring{w: s.err, terminal: isTerminal(s.err)}
	report, err := latency.Measure(ctx, latency.Options{
		Quick: o.quick, MaxMemory: int64(o.memory), Disk: o.disk,
		Process: []string{program, "--version"}, Progress: progress.show,
	})
	if err != nil {
		progress.clear()
		return context.Cause(ctx)
	}
	progress.show("one fetch of this crawler", len(report.Rows), len(report.Rows))
	fetched, fetchErr := oneFetch(ctx, o.fetches())
	progress.clear()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if fetchErr != nil {
		fetched.Reason = fetchErr.Error()
	}
	report.Add(fetched)
	if err := o.write(s.out, report); err != nil {
		return ioError(fmt.Errorf("standard output: %w", err))
	}
	if fetchErr != nil && !unsupported(fetchErr) {
		return ioError(fetchErr)
	}
	return nil
}

func (o *latencyOptions) write(w io.Writer, report *latency.Report) error {
	if !o.json {
		return report.WriteText(w, printable)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

// measuring says on standard error what is being measured: on a terminal in one line.
type measuring struct {
	w        io.Writer
	terminal bool
}

func (p *measuring) show(title string, done, of int) {
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[Kcrawl: measuring: %s (%d of %d)", title, done+1, of+1)
		return
	}
	fmt.Fprintf(p.w, "crawl: measuring: %s\n", title)
}

func (p *measuring) clear() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
