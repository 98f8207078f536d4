package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/compare"
	"crawl/internal/modes"
	"crawl/internal/origin"
)

const compareHelp = `Do the same work in several models of concurrency, in turn, and say what each costs.

  sync       blocking sockets, one fetch at a time
  processes  so many child processes of sync
  threads    an OS thread for each fetch, blocking sockets
  callbacks  the event loop without coroutines
  loop       the event loop, a coroutine for each fetch (crawl run)
  goroutine  a goroutine for each fetch (crawl run --mode goroutine)
  nethttp    Go's standard client, tuned, as it is usually written

Each run is a process of its own, on a CPU of its own where the machine has two,
and is checked: every URL fetched, every byte as the server says, or it has no
figures. By default the built-in test web serves; -i takes a list of yours, each
URL of which is then fetched by every mode in every round: ask its owner. There
a fetch may fail; how many did is told. A run ends after 6 minutes at the latest.

The table has medians of the rounds, the smallest and largest, and ratios to loop
round by round. What is slower by a few percent may be noise: look at the spread.`

const compareExamples = `  crawl compare
  crawl compare -c 100,10000 --modes loop,goroutine,nethttp --rounds 5
  crawl compare --latency none --latency 1s --json raw.jsonl --html page.html
  crawl compare --from raw.jsonl --html page.html`

// workloadFlags say what is measured: those of crawl compare and crawl bench.
type workloadFlags struct {
	list    string
	rounds  int
	fetches int
	rate    rate
	timeout time.Duration
	size    string
	poller  string
}

// compareOptions are the flags of crawl compare.
type compareOptions struct {
	workload    workloadFlags
	modes       []string
	concurrency []int
	latency     []string
	syscalls    bool
	from        []string
	json        string
	html        string
	markdown    string
	quiet       bool
}

func newCompare(s streams) *cobra.Command {
	o := &compareOptions{}
	cmd := &cobra.Command{
		Use:     "compare [-i FILE]",
		Short:   "Measure the event loop beside goroutines, threads, processes and callbacks",
		Long:    compareHelp,
		Example: compareExamples,
		Args:    noURL,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(s, repeating(cmd))
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *compareOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVarP(&o.workload.list, "input", "i", "", "list of URLs, `FILE`, instead of the built-in test web")
	f.IntSliceVarP(&o.concurrency, "concurrency", "c", []int{1, 10, 100, 1000}, "fetches in flight, a `LIST`")
	f.StringSliceVar(&o.modes, "modes", modes.Names(), "which, a `LIST`")
	f.IntVar(&o.workload.rounds, "rounds", compare.DefaultRounds, "rounds that count, after a warm-up")
	o.workload.add(f)
	f.StringArrayVar(&o.latency, "latency", nil, "`DELAY` of every answer of the test web: 1s, uniform:50ms,200ms …; once more for a second comparison")
	f.BoolVar(&o.syscalls, "syscalls", true, "count system calls from outside too (strace or perf), where the test web answers at once")
	f.StringArrayVar(&o.from, "from", nil, "measure nothing, show what --json wrote to `FILE`")
	f.StringVar(&o.json, "json", "", "write everything that was measured to `FILE`, a JSON object a line; - is standard output, instead of the table")
	f.StringVar(&o.html, "html", "", "write a page with charts to `FILE`")
	f.StringVar(&o.markdown, "markdown", "", "write the table as Markdown to `FILE`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not tell of each run")
}

// add has the flags that say the same for every command that measures.
func (o *workloadFlags) add(f *pflag.FlagSet) {
	f.IntVar(&o.fetches, "fetches", 0, "fetches of a run (default 40000, or a few for each in flight; of a list, its lines)")
	f.Var(&o.rate, "rate", "fetches begun per second, as `N/s`: latencies then count from when a fetch was due")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "time limit of a fetch")
	f.StringVar(&o.size, "size", "", "`BYTES` of a page of the test web, as 2048 or a range 1KiB-64KiB (default 2048)")
	f.StringVar(&o.poller, "poller", "", "how the loop waits: epoll or poll (default the platform's best)")
}

// plan is what they say, for the built-in web or the list.
func (o *workloadFlags) plan() (compare.Plan, error) {
	program, err := os.Executable()
	if err != nil {
		return compare.Plan{}, ioError(err)
	}
	return compare.Plan{
		Rounds: o.rounds, Fetches: o.fetches, Rate: float64(o.rate), Timeout: o.timeout, List: o.list, Size: o.size,
		Poller: o.poller, Program: program, Version: versionText(),
	}, nil
}

func (o *compareOptions) run(s streams, command []string) error {
	if err := o.check(); err != nil {
		return err
	}
	if len(o.from) > 0 {
		results, err := readResults(o.from)
		if err != nil {
			return err
		}
		return o.show(s, results)
	}
	plan, err := o.workload.plan()
	if err != nil {
		return err
	}
	plan.Modes, plan.Concurrency, plan.Command = o.modes, o.concurrency, command
	if !o.quiet {
		plan.Progress = func(format string, args ...any) {
			fmt.Fprintf(s.err, "crawl: %s\n", printable(fmt.Sprintf(format, args...)))
		}
	}
	results, err := o.measure(plan)
	if err == nil {
		return o.show(s, results)
	}
	if len(results) > 0 {
		fmt.Fprintln(s.err, "crawl: it was ended; this is what was measured so far")
		if showErr := o.show(s, results); showErr != nil { // the reason for the end decides the exit code
			fmt.Fprintf(s.err, "crawl: error: %s\n", printable(showErr.Error()))
		}
	}
	return err
}

// measure makes the comparisons one after the other. With an error come those there are by then.
func (o *compareOptions) measure(plan compare.Plan) (results []*compare.Result, err error) {
	ctx, stop := untilSignal()
	defer stop()
	for _, latency := range o.latencies() {
		plan.Latency = latency
		plan.Traces = o.syscalls && plan.List == ""
		result, err := compare.Measure(ctx, plan)
		if result != nil && len(result.Runs) > 0 {
			results = append(results, result)
		}
		switch {
		case ctx.Err() != nil:
			return results, context.Cause(ctx)
		case err != nil:
			return results, measureError(err)
		}
	}
	return results, nil
}

// measureError tells a plan that cannot be carried out from a machine that did not let us.
func measureError(err error) error {
	if errors.Is(err, compare.ErrPlan) {
		return usageError("%w", errors.Unwrap(err)) // whose error it is goes without saying
	}
	return ioError(err)
}

func (o *compareOptions) latencies() []string {
	if len(o.latency) == 0 || o.workload.list != "" {
		return []string{""}
	}
	return o.latency
}

func (o *compareOptions) check() error {
	switch {
	case o.workload.list != "" && len(o.latency) > 0, o.workload.list != "" && o.workload.size != "":
		return usageError("--latency and --size are of the built-in test web, which -i takes the place of")
	case o.workload.rounds < 1:
		return usageError("--rounds %d: must be at least 1", o.workload.rounds)
	case len(o.from) > 0 && o.workload.list != "":
		return usageError("--from measures nothing: there is no use for -i")
	case len(o.from) > 0:
		return nil
	}
	for _, latency := range o.latency { // else it would be noticed after the comparisons before it
		if _, err := origin.ParseLatency(latency); err != nil {
			return usageError("%w", err)
		}
	}
	return checkConcurrency(o.concurrency)
}

// checkConcurrency refuses what descriptors do not suffice for: both ends of each connection are on this machine,
// each in a process of its own.
func checkConcurrency(list []int) error {
	limit := descriptorLimit()
	for _, c := range list {
		if most := (limit - 64) * 8 / 9; limit > 0 && c > most {
			return &exitErr{
				code: exitUsage, err: fmt.Errorf("-c %d: %d descriptors allow %d", c, limit, most),
				hint: "ulimit -n " + strconv.Itoa(c*9/8+64),
			}
		}
	}
	return nil
}

// show writes the results as the flags say, and says whether they can be trusted.
func (o *compareOptions) show(s streams, results []*compare.Result) error {
	var err error // of all that could not be written
	if o.json != "" {
		err = errors.Join(err, toFile(s, o.json, func(w io.Writer) error {
			enc := json.NewEncoder(w)
			for _, r := range results {
				if err := enc.Encode(r); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	if o.html != "" {
		err = errors.Join(err, toFile(s, o.html, func(w io.Writer) error { return compare.WriteHTML(w, results...) }))
	}
	if o.markdown != "" {
		err = errors.Join(err, toFile(s, o.markdown, func(w io.Writer) error { return each(results, w, (*compare.Result).WriteMarkdown) }))
	}
	if o.json != "-" && o.html != "-" && o.markdown != "-" {
		if textErr := each(results, s.out, (*compare.Result).WriteText); textErr != nil {
			err = errors.Join(err, ioError(fmt.Errorf("standard output: %w", textErr)))
		}
	}
	if err != nil {
		return ioError(err)
	}
	bad, all := 0, 0
	for _, r := range results {
		for i := range r.Runs {
			all++
			if r.Runs[i].Problem != "" {
				bad++
			}
		}
	}
	if bad > 0 {
		return ioError(fmt.Errorf("%d of %d runs were not verified; what there is of them is not shown", bad, all))
	}
	return nil
}

// each writes one result after the other.
func each(results []*compare.Result, w io.Writer, write func(*compare.Result, io.Writer) error) error {
	for _, r := range results {
		if err := write(r, w); err != nil {
			return err
		}
	}
	return nil
}

// toFile writes to a file, or to standard output if it is called -.
func toFile(s streams, name string, write func(w io.Writer) error) error {
	if name == "-" {
		if err := write(s.out); err != nil {
			return ioError(fmt.Errorf("standard output: %w", err))
		}
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return ioError(err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return ioError(fmt.Errorf("%s: %w", name, err))
	}
	return nil
}

// readResults reads what --json wrote.
func readResults(files []string) ([]*compare.Result, error) {
	var results []*compare.Result
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, ioError(err)
		}
		dec := json.NewDecoder(f)
		for {
			r := new(compare.Result)
			if err = dec.Decode(r); err != nil {
				break
			}
			if r.Version != compare.FormatVersion {
				err = fmt.Errorf("version %d of the format; this program reads %d", r.Version, compare.FormatVersion)
				break
			}
			results = append(results, r)
		}
		_ = f.Close() // it was only read
		if !errors.Is(err, io.EOF) {
			return nil, ioError(fmt.Errorf("%s: %w", name, err))
		}
	}
	if len(results) == 0 {
		return nil, ioError(fmt.Errorf("%s: nothing was measured in there", strings.Join(files, ", ")))
	}
	return results, nil
}

// repeating is what repeats a command: its path and the flags that were set.
func repeating(cmd *cobra.Command) []string {
	line := strings.Fields(cmd.CommandPath())
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch v := f.Value.(type) {
		case pflag.SliceValue:
			if f.Value.Type() == "stringArray" {
				for _, x := range v.GetSlice() {
					line = append(line, "--"+f.Name, x)
				}
				return
			}
			line = append(line, "--"+f.Name, strings.Join(v.GetSlice(), ","))
		default:
			line = append(line, "--"+f.Name+"="+f.Value.String())
		}
	})
	return line
}

// versionText is the program with its version, the commit it was built from, if that is known, and Go's version.
func versionText() string {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && len(s.Value) > 12:
				commit = ", commit " + s.Value[:12] + commit
			case s.Key == "vcs.modified" && s.Value == "true":
				commit += " and changes"
			}
		}
	}
	return fmt.Sprintf("crawl %s%s, %s", version, commit, runtime.Version())
}
