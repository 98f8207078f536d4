package main

import (
	"slices"

	"github.com/spf13/pflag"

	"crawl/internal/crawler"
)

// recordFlags say how records are written.
type recordFlags struct {
	format string
	fields []string

	set  func(name string) bool // a flag was given; nil: the command has none of these
	form *crawler.Form          // nil: each record whole, as JSON
}

func (o *recordFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.format, "format", "jsonl", "of records: `FORM` jsonl, csv (with a header line), or text (a line for people: status or class, time, size, URL)")
	f.StringSliceVar(&o.fields, "fields", nil, "of records only these `NAMES`, in this order, as url,status,timings.total; crawl fields lists them")
	o.set = f.Changed
}

// check settles them. What is taken out of pages, and which links are followed, is settled.
func (o *recordFlags) check(x *extractFlags, follows bool) (err error) {
	given := o.set != nil && o.set("fields")
	if given && len(o.fields) == 0 {
		return usageError("--fields: there are none; leave it out for all")
	}
	hasItems := x.set != nil && x.set.HasItems()
	switch o.format {
	case "jsonl", "":
		if !given {
			return nil
		}
		o.form, err = crawler.NewJSONForm(o.fields, x.names, hasItems)
	case "csv":
		o.form, err = crawler.NewCSVForm(o.fields, x.names, hasItems)
	case "text":
		if flag := x.given(); flag != "" {
			return usageError("%s with --format text: which has no room for it", flag)
		}
		if given {
			return usageError("--fields with --format text: which has fields of its own")
		}
		o.form = crawler.NewTextForm()
	default:
		return usageError("--format %q: must be jsonl, csv or text", o.format)
	}
	if err != nil && given {
		return usageError("--fields: %w", err)
	}
	if err != nil {
		return usageError("--format csv: %w", err)
	}
	return o.checkFollow(follows)
}

// checkFollow refuses fields that no record would have.
func (o *recordFlags) checkFollow(follows bool) error {
	for _, f := range crawler.Fields() {
		if f.Follow && !follows && slices.Contains(o.fields, f.Name) {
			hint := ""
			if f.Name == "title" {
				hint = "--extract title=title reads it of every page"
			}
			return &exitErr{code: exitUsage, err: usageError("--fields %s: is only known where links are followed, with -r", f.Name), hint: hint}
		}
	}
	return nil
}
