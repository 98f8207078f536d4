package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"crawl/internal/report"
)

const reportHelp = `Sum up the records of a crawl: what became of its URLs, classes of errors with what
to do about them, latency by phase, the busiest, slowest and most failing hosts,
a timeline, and the slowest fetches.

FILE is what crawl run wrote; - is standard input. It is read once, and however
long it is, the memory that takes stays the same. Lines that are no records, and a
last line that is torn, are counted and left out. Percentiles are within 0.8%.`

const reportExamples = `  crawl report records.jsonl
  crawl report records.jsonl --html report.html
  crawl run -i urls.txt | tee records.jsonl | crawl report - --json`

// reportOptions are the flags of crawl report.
type reportOptions struct {
	html string
	json bool
	top  int
}

func newReport(s streams) *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:     "report FILE",
		Short:   "Sum up the records of a crawl, as text, page or JSON",
		Long:    reportHelp,
		Example: reportExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(s, args[0]) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *reportOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.html, "html", "", "write a page to `FILE` too, one file that needs nothing else")
	f.BoolVar(&o.json, "json", false, "write the figures as JSON instead of text")
	f.IntVar(&o.top, "top", 10, "places of each list, up to 1000")
}

func (o *reportOptions) run(s streams, file string) error {
	if o.top < 1 || o.top > 1000 {
		return usageError("--top %d: must be from 1 to 1000", o.top)
	}
	in, name, err := openRecords(s, file)
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err := os.Stat(o.html); o.html != "" && err == nil && same(fileInfo(in), info) {
		return usageError("--html %s is the file of the records itself", o.html)
	}
	crawl, err := report.ReadCrawl(in, name, o.top, sentence)
	if errors.Is(err, report.ErrNoRecords) {
		return &exitErr{code: exitUsage, err: err, hint: "crawl run -i urls.txt -o records.jsonl writes records; see docs/records.md"}
	}
	if err != nil {
		return ioError(fmt.Errorf("%s: %w", name, err))
	}
	if o.html != "" {
		if err := writeFile(o.html, crawl.WriteHTML); err != nil {
			return err
		}
	}
	write := crawl.WriteText
	if o.json {
		write = crawl.WriteJSON
	}
	if err := write(s.out); err != nil {
		return ioError(fmt.Errorf("standard output: %w", err))
	}
	return nil
}

// openRecords opens the file of records, and says what to call it.
func openRecords(s streams, file string) (io.ReadCloser, string, error) {
	if file == "-" {
		if f, ok := s.in.(*os.File); ok {
			return f, "standard input", nil
		}
		return io.NopCloser(s.in), "standard input", nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, "", ioError(err)
	}
	return f, file, nil
}

// writeFile writes a file in one piece: one that could not be made whole in memory does not spoil what was there.
func writeFile(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return ioError(fmt.Errorf("%s: %w", name, err))
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil { //nolint:gosec // a page is for whoever may look
		return ioError(err)
	}
	return nil
}

// sentence is what to say of a class that a record names, or "".
func sentence(class string) string {
	for _, a := range advices() {
		if string(a.Class) == class {
			return a.Sentence
		}
	}
	return ""
}
