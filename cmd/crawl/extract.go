package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/item"
	"crawl/internal/link"
)

const extractHelp = `Print what a schema, or --extract and --extract-xpath, take out of one page, as
crawl run would: one JSON object a line. First the fields of the page, if it has any;
then each item, if the schema has "each".

The page is fetched as crawl run does, if it is an http:// or https:// URL; else it is
a FILE, or standard input (-), and --base is where it would be.

Values that are none, and those that are missing, are told on standard error, with the
number of the item, from 0. If nothing at all was found, or the page cannot be taken
apart, the exit code is 1.`

const extractExamples = `  crawl extract https://example.com/product/17 --schema product.toml
  crawl extract page.html --extract title=h1 --extract 'links[]=a@href|url' --base https://example.com/
  curl -s https://example.com/ | crawl extract - --extract-xpath 'author=//meta[@name="author"]/@content'`

// extractOptions are the flags of crawl extract.
type extractOptions struct {
	base    string
	charset string
	what    extractFlags

	crawl runOptions // of which the flags are used that say how a URL is fetched
}

func newExtract(s streams) *cobra.Command {
	o := &extractOptions{crawl: runOptions{proxy: proxyFlags{getenv: os.Getenv}}}
	cmd := &cobra.Command{
		Use:     "extract URL|FILE|-",
		Short:   "Print what a schema takes out of a page",
		Long:    extractHelp,
		Example: extractExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(s, args[0]) },
	}
	addThemes(cmd, o.crawl.documentThemes("What is taken out, and of what", o.what.add, o.add))
	return cmd
}

func (o *extractOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.base, "base", "", "`URL` of the page, of a FILE or of standard input")
	f.StringVar(&o.charset, "charset", "", "encoding of the page, as Content-Type has it: `LABEL`")
}

func (o *extractOptions) run(s streams, what string) error {
	if err := o.what.check(); err != nil {
		return err
	}
	if o.what.set == nil {
		return &exitErr{code: exitUsage, err: errors.New("nothing is to be taken out"), hint: "--schema FILE, or --extract NAME=CSS"}
	}
	if err := o.crawl.checkFetching(); err != nil {
		return err
	}
	page := &extractPage{charset: o.charset}
	var err error
	if isWebURL(what) {
		err = o.fetch(s, what, page)
	} else {
		err = o.read(s, what, page)
	}
	if err != nil {
		return err
	}
	result := o.what.set.Extract(page.body, page.charset, &page.url)
	return o.print(s, &result)
}

// extractPage is the page that something is taken out of.
type extractPage struct {
	url     link.URL
	body    []byte
	charset string
}

func (p *extractPage) take(b []byte) error {
	if p.body = append(p.body, b...); len(p.body) > item.MaxDocument {
		return item.ErrTooLarge
	}
	return nil
}

// read reads a page that is at hand.
func (o *extractOptions) read(s streams, name string, page *extractPage) error {
	in, at, err := atHand(s, name, o.base)
	if err != nil {
		return err
	}
	defer in.Close()
	page.url = at
	body, err := io.ReadAll(io.LimitReader(in, item.MaxDocument+1))
	if err == nil {
		err = page.take(body)
	}
	if err != nil {
		return ioError(fmt.Errorf("%s: %w", name, err))
	}
	return nil
}

// fetch fetches one, within an engine of its own.
func (o *extractOptions) fetch(s streams, what string, page *extractPage) error {
	var res fetch.Response
	at, err := o.crawl.fetchPage(s, what, o.base, fetch.Request{OnBody: page.take}, &res)
	if err != nil {
		return err
	}
	if kind, ok := link.DocumentOf(res.MediaType); res.Status != 200 || !ok || kind != link.HTML {
		fmt.Fprintf(s.err, "crawl: status %d, %q: crawl run takes nothing out of such a page\n", res.Status, res.MediaType)
	}
	page.url = at
	if page.charset == "" {
		page.charset = res.Charset
	}
	return nil
}

func (o *extractOptions) print(s streams, r *item.Result) error {
	if r.Err != nil {
		return ioError(r.Err)
	}
	w := bufio.NewWriter(s.out)
	var line []byte
	if r.Page != nil {
		line = append(appendObject(line[:0], o.what.names, r.Page), '\n')
		_, _ = w.Write(line) // Flush returns the error
	}
	for _, values := range r.Items {
		line = append(appendObject(line[:0], o.what.set.ItemFields(), values), '\n')
		_, _ = w.Write(line)
	}
	if err := w.Flush(); err != nil {
		return ioError(fmt.Errorf("standard output: %w", err))
	}
	for _, f := range r.Faults {
		where := "page"
		if f.Item >= 0 {
			where = fmt.Sprintf("item %d", f.Item)
		}
		text := ""
		if f.Text != "" {
			text = ": " + printable(fmt.Sprintf("%q", f.Text))
		}
		fmt.Fprintf(s.err, "crawl: %s: %s: %s%s\n", where, f.Field, f.Problem, text)
	}
	if r.More > 0 {
		fmt.Fprintf(s.err, "crawl: and %d more\n", r.More)
	}
	if o.what.judge {
		o.what.tally.Add(r)
		o.what.summarize(s.err)
	}
	if r.Page == nil && len(r.Items) == 0 {
		return &exitErr{code: exitError, err: errors.New("nothing was found")}
	}
	return nil
}
