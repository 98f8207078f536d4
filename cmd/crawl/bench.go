package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/bench"
	"crawl/internal/compare"
	"crawl/internal/modes"
)

const benchHelp = `Measure one mode for a CI job, hold it to thresholds and against a baseline, and
exit with 4 if it has become worse.

A threshold is FIGURE OP VALUE, with < <= > or >=, and a value with its unit
(500ms, 15us, 64MB, 1%, 5000/s) or a ratio to another mode (1.5x:goroutine), which is
then measured in the same rounds. It fails if the median of the rounds is beyond it,
and so many rounds are that this is hardly chance. Latencies are those of whole
responses only: put errors<1% beside them. A round that is not what the server says,
for another reason than failed fetches, fails by itself.

A baseline is a file that --save-baseline wrote; nothing is saved when a check fails
or is uncertain.
A figure fails if its median is worse by more than --max-regression, and a test of
significance (Mann-Whitney U, as benchstat has it) says that this is hardly chance.
Machines differ, so figures are compared as ratios to the --reference mode, which is
measured in the same rounds; with -i, rate and latencies are compared as they are.

What is too close to tell is "uncertain", and passes unless --strict is given.

In a GitHub workflow the summary of the job and annotations are written as well.`

const benchExamples = `  crawl bench --threshold 'cpu_per_fetch<0.6x:nethttp,errors<1%'
  crawl bench --save-baseline baseline.json
  crawl bench --baseline baseline.json --max-regression 10% --junit bench.xml
  crawl bench -i urls.txt -c 50 --threshold 'p95<500ms,errors<1%,rate>200/s'
  crawl bench --format gobench -o new.txt`

// benchOptions are the flags of crawl bench.
type benchOptions struct {
	workload    workloadFlags
	concurrency int
	mode        string
	reference   string
	latency     string
	burden      time.Duration

	thresholds    []string
	baseline      string
	saveBaseline  string
	maxRegression share
	figures       []string
	alpha         float64
	currency      string
	strict        bool
	maxTime       time.Duration

	format string
	output string
	junit  string
	html   string
	quiet  bool
}

func newBench(s streams) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:     "bench [-i FILE] [--threshold EXPR] [--baseline FILE]",
		Short:   "Measure for CI: thresholds, a baseline, and noise that fails nothing",
		Long:    benchHelp,
		Example: benchExamples,
		Args:    noURL,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(s, repeating(cmd))
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *benchOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVarP(&o.workload.list, "input", "i", "", "list of URLs, `FILE`, instead of the built-in test web")
	f.IntVarP(&o.concurrency, "concurrency", "c", 100, "fetches in flight")
	f.StringVar(&o.mode, "mode", modes.Loop, "what is judged, a mode of crawl compare")
	f.StringVar(&o.reference, "reference", modes.Callbacks, "mode that ratios are to; it is measured where a baseline needs it")
	f.IntVar(&o.workload.rounds, "rounds", bench.DefaultRounds, "rounds that count, after a warm-up")
	o.workload.add(f)
	f.StringVar(&o.latency, "latency", "", "`DELAY` of every answer of the test web: 1s, uniform:50ms,200ms …")
	f.DurationVar(&o.burden, "burden", 0, "CPU time to add to each fetch of the mode")
	_ = f.MarkHidden("burden")
	f.StringArrayVar(&o.thresholds, "threshold", nil, "what has to hold, `EXPR[,EXPR]` as p95<500ms,errors<1%,cpu<1.5x:goroutine; may be repeated")
	f.StringVar(&o.baseline, "baseline", "", "compare with what was measured before, `FILE`")
	f.StringVar(&o.saveBaseline, "save-baseline", "", "keep what is measured in `FILE`, unless a check fails or is uncertain")
	o.maxRegression = bench.DefaultMaxRegression
	f.Var(&o.maxRegression, "max-regression", "by how much a median may be worse than the baseline's, as `10%`")
	f.StringSliceVar(&o.figures, "figures", nil, "`LIST` of what is compared with the baseline (default cpu_per_fetch,peak_memory; with -i cpu_per_fetch,rate,p95)")
	f.Float64Var(&o.alpha, "alpha", bench.DefaultAlpha, "how probable chance may be as the reason of a failure, for each threshold, and for all of a baseline together")
	f.StringVar(&o.currency, "currency", bench.Auto, "compare with the baseline by ratio, absolute, or auto: what fits the figure")
	f.BoolVar(&o.strict, "strict", false, "fail also for what is too close to tell")
	f.DurationVar(&o.maxTime, "max-time", 0, "stop measuring after this time, and judge the rounds until then (default no limit)")
	f.StringVar(&o.format, "format", "text", "text, json, gobench (for benchstat) or markdown")
	f.StringVarP(&o.output, "output", "o", "-", "write that to `FILE` instead of standard output")
	f.StringVar(&o.junit, "junit", "", "write the checks as a JUnit report to `FILE`")
	f.StringVar(&o.html, "html", "", "write a page with charts to `FILE`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not tell of each run")
}

// writer is the format that was asked for.
func (o *benchOptions) writer() (func(*bench.Report, io.Writer) error, error) {
	switch o.format {
	case "text":
		return (*bench.Report).WriteText, nil
	case "json":
		return (*bench.Report).WriteJSON, nil
	case "gobench":
		return (*bench.Report).WriteGobench, nil
	case "markdown":
		return (*bench.Report).WriteMarkdown, nil
	}
	return nil, usageError("--format %q: must be text, json, gobench or markdown", o.format)
}

func (o *benchOptions) run(s streams, command []string) error {
	write, err := o.writer()
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	b, err := o.options(s, command)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	report, err := bench.Run(ctx, compare.Measure, b)
	var usage *bench.UsageError
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(s.err, "crawl: interrupted: nothing is judged")
		return context.Cause(ctx)
	case errors.As(err, &usage):
		return usageError("%w", usage)
	case err != nil:
		return measureError(err)
	}
	if err := errors.Join(toFile(s, o.output, func(w io.Writer) error { return write(report, w) }), o.files(s, report), summarize(s, report)); err != nil {
		return err
	}
	return verdict(s, report, o.saveBaseline)
}

// check refuses what cannot be meant.
func (o *benchOptions) check() error {
	w := &o.workload
	switch {
	case w.list != "" && (o.latency != "" || w.size != ""):
		return usageError("--latency and --size are of the built-in test web, which -i takes the place of")
	case w.rounds < 1:
		return usageError("--rounds %d: must be at least 1", w.rounds)
	case o.concurrency < 1:
		return usageError("-c %d: must be at least 1", o.concurrency)
	case w.timeout <= 0:
		return usageError("--timeout %v: must be more than 0", w.timeout)
	case o.maxTime < 0 || o.burden < 0:
		return usageError("--max-time and --burden must not be negative")
	case w.fetches < 0:
		return usageError("--fetches %d: must not be negative", w.fetches)
	case !(o.alpha > 0 && o.alpha < 0.5):
		return usageError("--alpha %v: must be between 0 and 0.5", o.alpha)
	case o.currency != bench.Auto && o.currency != bench.Ratio && o.currency != bench.Absolute:
		return usageError("--currency %q: must be auto, ratio or absolute", o.currency)
	}
	return checkConcurrency([]int{o.concurrency})
}

// options are the flags as the judge takes them.
func (o *benchOptions) options(s streams, command []string) (b bench.Options, err error) {
	if b.Plan, err = o.workload.plan(); err != nil {
		return b, err
	}
	b.Plan.Latency, b.Plan.Command = o.latency, command
	if o.burden > 0 {
		b.Plan.Burden = map[string]time.Duration{o.mode: o.burden}
	}
	if !o.quiet {
		b.Plan.Progress = func(format string, args ...any) {
			fmt.Fprintf(s.err, "crawl: %s\n", printable(fmt.Sprintf(format, args...)))
		}
	}
	b.Mode, b.Reference, b.Concurrency = o.mode, o.reference, o.concurrency
	for _, text := range o.thresholds {
		all, err := bench.ParseThresholds(text)
		if err != nil {
			return b, usageError("%w", err)
		}
		b.Thresholds = append(b.Thresholds, all...)
	}
	if o.baseline != "" {
		if b.Baseline, err = readBaseline(o.baseline); err != nil {
			return b, err
		}
	}
	b.Keep, b.Strict, b.MaxTime = o.saveBaseline != "", o.strict, o.maxTime
	b.Limits = bench.Limits{MaxRegression: float64(o.maxRegression), Alpha: o.alpha, Figures: o.figures, Currency: o.currency}
	if len(o.figures) == 0 {
		b.Limits.Figures = bench.DefaultFigures(o.workload.list != "")
	}
	return b, nil
}

func readBaseline(name string) (*bench.Measurement, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, ioError(err)
	}
	defer f.Close()
	m, err := bench.ReadBaseline(f)
	if err != nil {
		return nil, ioError(fmt.Errorf("%s: %w", name, err))
	}
	return m, nil
}

// files writes those that were asked for besides the report.
func (o *benchOptions) files(s streams, r *bench.Report) (err error) {
	if o.junit != "" {
		err = errors.Join(err, toFile(s, o.junit, r.WriteJUnit))
	}
	if o.html != "" {
		err = errors.Join(err, toFile(s, o.html, r.WriteHTML))
	}
	return err
}

// summarize tells a GitHub workflow, in the ways it has for that, when this runs in one.
func summarize(s streams, r *bench.Report) error {
	if name := os.Getenv("GITHUB_STEP_SUMMARY"); name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err != nil {
			return ioError(fmt.Errorf("summary of the job: %w", err))
		}
		if err := errors.Join(r.WriteMarkdown(f), f.Close()); err != nil {
			return ioError(fmt.Errorf("summary of the job: %w", err))
		}
	}
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		if err := r.WriteAnnotations(s.err); err != nil {
			return ioError(fmt.Errorf("annotations: %w", err))
		}
	}
	return nil
}

// verdict keeps the baseline if there is no reason not to, and is the exit code.
func verdict(s streams, r *bench.Report, save string) error {
	var err error
	switch {
	case r.Fails():
		err = &exitErr{code: exitThreshold, err: errors.New(r.Sentence())}
	case r.Verdict == bench.Unmeasured:
		err = ioError(errors.New(r.Sentence()))
	}
	if save == "" {
		return err
	}
	if err != nil {
		fmt.Fprintf(s.err, "crawl: %s is left as it is\n", printable(save))
		return err
	}
	if r.Verdict == bench.Uncertain { // what may be a regression is not what the next build is compared with
		fmt.Fprintf(s.err, "crawl: %s is left as it is, since a check is uncertain\n", printable(save))
		return nil
	}
	// Written beside it and then put in its place: a baseline that is half there would fail the next build.
	beside := save + ".new"
	if err := toFile(s, beside, r.Measured.Write); err != nil {
		return err
	}
	if err := os.Rename(beside, save); err != nil {
		return ioError(err)
	}
	return nil
}

// share is a part of something, written as 10% or 0.1. A number without % has to be below 1: 10 is rather meant to
// be 10 % than ten times as much.
type share float64

func (p *share) Type() string { return "percent" }

func (p *share) String() string { return strconv.FormatFloat(float64(*p)*100, 'f', -1, 64) + "%" }

// Set implements pflag.Value.
func (p *share) Set(s string) error {
	number, percent := strings.CutSuffix(s, "%")
	n, err := strconv.ParseFloat(number, 64)
	if percent {
		n /= 100
	}
	if err != nil || !(n > 0 && n <= 10) || !percent && n >= 1 { // NaN is neither
		return errors.New("must be a percentage above 0, as 10%, or a share below 1, as 0.1")
	}
	*p = share(n)
	return nil
}
