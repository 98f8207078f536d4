package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/pflag"

	"crawl/internal/crawler"
	"crawl/internal/item"
	"crawl/internal/link"
)

// maxSchema is the largest schema that is read, in bytes.
const maxSchema = 1 << 20

// extractFlags say what is taken out of pages.
type extractFlags struct {
	css    []string
	xpath  []string
	schema string

	set   *item.Set // nil: nothing is
	names []string  // of its fields
	judge bool      // there is a schema: items are counted

	mu    sync.Mutex // guards what follows: pages are taken apart by several threads
	tally item.Tally
}

func (x *extractFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&x.css, "extract", nil, "take out of HTML pages what a CSS selector finds first, as `NAME=CSS[@ATTRIBUTE[|TYPE]]`; NAME[]= takes all; may be repeated")
	f.StringArrayVar(&x.xpath, "extract-xpath", nil, "the same by `NAME=XPATH`")
	f.StringVar(&x.schema, "schema", "", "take out what is declared in `FILE` (TOML), with types that are checked; see docs/extracting.md, and crawl extract")
}

// check settles them.
func (x *extractFlags) check() error {
	set := &item.Set{}
	for _, flag := range []struct {
		name    string
		values  []string
		isXPath bool
	}{{"--extract", x.css, false}, {"--extract-xpath", x.xpath, true}} {
		for _, value := range flag.values {
			f, err := item.ParseField(value, flag.isXPath)
			if err == nil {
				err = set.Add(f)
			}
			if err != nil {
				return usageError("%s %q: %w", flag.name, value, err)
			}
		}
	}
	if x.schema != "" {
		text, err := readSchema(x.schema)
		if err != nil {
			return ioError(err)
		}
		if err := set.Load(text); err != nil {
			return usageError("%s: %w", x.schema, err)
		}
		x.judge = true
	}
	if x.names = set.Fields(); len(x.names) > 0 || set.HasItems() {
		x.set = set
	}
	return nil
}

// given is the flag by which something is taken out of pages, "" if nothing is.
func (x *extractFlags) given() string {
	switch {
	case len(x.css) > 0:
		return "--extract"
	case len(x.xpath) > 0:
		return "--extract-xpath"
	case x.schema != "":
		return "--schema"
	}
	return ""
}

func readSchema(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSchema+1))
	if err == nil && len(text) > maxSchema {
		err = fmt.Errorf("%s: larger than 1 MiB, which is no schema", name)
	}
	return text, err
}

// extract is a crawler.Extract.
func (x *extractFlags) extract(body []byte, charset string, at *link.URL) *crawler.Extracted {
	r := x.set.Extract(body, charset, at)
	x.mu.Lock()
	x.tally.Add(&r)
	x.mu.Unlock()
	return x.record(&r)
}

// record is what a record has of a result; nil if nothing.
func (x *extractFlags) record(r *item.Result) *crawler.Extracted {
	if r.Page == nil && r.Items == nil && r.Faults == nil && r.Err == nil {
		return nil
	}
	out := &crawler.Extracted{Names: x.names, Err: r.Err}
	for _, v := range r.Page {
		out.Values = append(out.Values, appendValue(nil, v))
	}
	if len(r.Items) > 0 {
		out.Items = appendItems(nil, x.set.ItemFields(), r.Items)
	}
	if len(r.Faults) > 0 {
		out.ItemErrors = appendFaults(nil, r)
	}
	return out
}

// failure says how many items are invalid, and pages could not be taken apart; nil: none.
func (x *extractFlags) failure() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch t := &x.tally; {
	case t.Invalid > 0:
		return fmt.Errorf("%d of %d %w", t.Invalid, t.Valid+t.Invalid, errInvalid)
	case t.Failed > 0:
		return fmt.Errorf("%d pages %w", t.Failed, errNotTaken)
	}
	return nil
}

var (
	errInvalid  = errors.New("items are invalid")
	errNotTaken = errors.New("could not be taken apart")
)

// summarize says what became of items, if there is a schema, and of pages that could not be taken apart.
func (x *extractFlags) summarize(w io.Writer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := &x.tally
	faults := t.Faults()
	if faults != "" {
		faults = ": " + faults
	}
	switch {
	case x.judge:
		fmt.Fprintf(w, "crawl: items: %d valid, %d invalid%s\n", t.Valid, t.Invalid, faults)
	case faults != "":
		fmt.Fprintf(w, "crawl: extracted%s\n", faults)
	}
	if t.Failed > 0 {
		fmt.Fprintf(w, "crawl: %d pages could not be taken apart; extract_error in their records tells why\n", t.Failed)
	}
}
