package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"crawl/internal/crawler"
)

const fieldsHelp = `List the fields of records, in their order, with their types, and units or meaning:
what --fields of crawl run takes. docs/records.md says when a field is left out.

With --json-schema it is a JSON Schema (2020-12) of a record, for programs. This is
version 1 of the format: within it fields may be added, and none goes away or
changes its meaning.`

// fieldsOptions are the flags of crawl fields.
type fieldsOptions struct {
	jsonSchema bool
}

func newFields(s streams) *cobra.Command {
	o := &fieldsOptions{}
	cmd := &cobra.Command{
		Use:   "fields",
		Short: "List the fields of records",
		Long:  fieldsHelp,
		Example: `  crawl fields
  crawl fields --json-schema > record.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.run(s) },
	}
	cmd.Flags().BoolVar(&o.jsonSchema, "json-schema", false, "print a JSON Schema of a record instead")
	return cmd
}

func (o *fieldsOptions) run(s streams) error {
	w := bufio.NewWriter(s.out)
	if o.jsonSchema {
		writeRecordSchema(w)
	} else {
		writeFields(w, crawler.Fields())
	}
	if err := w.Flush(); err != nil {
		return ioError(fmt.Errorf("standard output: %w", err))
	}
	return nil
}

func writeFields(w io.Writer, fields []crawler.Field) {
	for _, f := range fields {
		line := fmt.Sprintf("%-18s %-8s %s", f.Name, f.Type(), strings.ReplaceAll(f.About, "`", ""))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
		writeFields(w, f.Parts())
	}
}

func writeRecordSchema(w *bufio.Writer) {
	fmt.Fprintf(w, `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "a record of crawl run, version %d",
  "type": "object",
  "required": ["url", "class"],
  "properties": {`, crawler.RecordVersion)
	writeProperties(w, crawler.Fields(), "    ")
	fmt.Fprint(w, "\n  }\n}\n")
}

func writeProperties(w *bufio.Writer, fields []crawler.Field, indent string) {
	for i, f := range fields {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		name := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
		kind := f.Type()
		if kind == "number" {
			kind = "integer"
		}
		fmt.Fprintf(w, "\n%s%q: {\"type\": %q", indent, name, kind)
		if f.About != "" {
			fmt.Fprintf(w, ", \"description\": %s", crawler.AppendString(nil, strings.ReplaceAll(f.About, "`", "")))
		}
		if kind == "array" {
			fmt.Fprint(w, `, "items": {"type": "object"}`)
		}
		if len(f.Parts()) > 0 {
			fmt.Fprint(w, ", \"properties\": {")
			writeProperties(w, f.Parts(), indent+"  ")
			fmt.Fprintf(w, "\n%s}", indent)
		}
		fmt.Fprint(w, "}")
	}
}
