package main

import (
	"fmt"
	"slices"
	"strings"

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

// check settles them. The rest of the flags has been checked.
func (o *recordFlags) check(run *runOptions) (err error) {
	given := o.set != nil && o.set("fields")
	if given && len(o.fields) == 0 {
		return usageError("--fields: there are none; leave it out for all")
	}
	for i, name := range o.fields {
		o.fields[i] = strings.TrimSpace(name)
	}
	x := &run.extract
	hasItems := x.set != nil && x.set.HasItems()
	switch o.format {
	case "jsonl", "":
		if !given {
			return nil
		}
		o.form, err = crawler.NewJSONForm(o.fields, x.names, hasItems)
	case "csv":
		columns := o.fields
		if !given {
			columns = append(crawler.Columns(), run.askedFields()...)
		}
		o.form, err = crawler.NewCSVForm(columns, x.names, hasItems)
	case "text":
		o.form = crawler.NewTextForm()
		return o.checkText(run, given)
	default:
		return usageError("--format %q: must be jsonl, csv or text", o.format)
	}
	if err != nil && given {
		return &exitErr{code: exitUsage, err: fmt.Errorf("--fields: %w", err), hint: "crawl fields lists them"}
	}
	if err != nil {
		return usageError("--format csv: %w", err)
	}
	return o.checkKnown(run)
}

// checkText refuses what text has no room for.
func (o *recordFlags) checkText(run *runOptions, given bool) error {
	flag := run.extract.given()
	switch {
	case flag != "":
	case given:
		return usageError("--fields with --format text: which has fields of its own")
	case run.fetch.digest != "":
		flag = "--digest"
	case run.fetch.selection.validators:
		flag = "--validators"
	default:
		return nil
	}
	return usageError("%s with --format text: which has no room for it", flag)
}

// checkKnown refuses fields that no record would have.
func (o *recordFlags) checkKnown(run *runOptions) error {
	for _, f := range crawler.Fields() {
		if f.Follow && !run.follow.recursive && slices.Contains(o.fields, f.Name) {
			hint := ""
			if f.Name == "title" {
				hint = "--extract title=title reads it of every page"
			}
			return &exitErr{code: exitUsage, err: usageError("--fields %s: is only known where links are followed, with -r", f.Name), hint: hint}
		}
	}
	for _, f := range run.fieldsByFlag() {
		if !f.asked && slices.Contains(o.fields, f.name) {
			return usageError("--fields %s: is not known without %s", f.name, f.flag)
		}
	}
	return nil
}

// fieldByFlag is a field that records have only if a flag asks for it.
type fieldByFlag struct {
	name, flag string
	asked      bool
}

// fieldsByFlag are all of them, when the flags have been checked.
func (o *runOptions) fieldsByFlag() []fieldByFlag {
	follow := crawler.Follow{}
	if o.follow.options != nil {
		follow = *o.follow.options
	}
	digests := o.fetch.digest != "" || follow.SkipDuplicates
	validators := o.fetch.selection.validators || o.fetch.selection.previous != ""
	sitemaps := follow.Sitemaps.Auto || len(follow.Sitemaps.Given) > 0
	return []fieldByFlag{
		{"digest", "--digest", digests},
		{"duplicate_of", "--digest", digests && o.follow.recursive},
		{"range", "--range", o.fetch.selection.byteRange != ""},
		{"etag", "--validators", validators},
		{"last_modified", "--validators", validators},
		{"disallowed", "--robots report", o.follow.options != nil && follow.Robots == crawler.RobotsReport},
		{"sitemap", "--sitemaps", sitemaps},
		{"entries", "--sitemaps", sitemaps},
		{"dropped", "--sitemaps", sitemaps},
		{"sitemap_error", "--sitemaps", sitemaps},
	}
}

// askedFields are those that a flag asks for.
func (o *runOptions) askedFields() (names []string) {
	for _, f := range o.fieldsByFlag() {
		if f.asked {
			names = append(names, f.name)
		}
	}
	return names
}
