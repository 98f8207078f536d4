package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/engine"
	"crawl/internal/link"
	"crawl/internal/sitemap"
)

const sitemapHelp = `Print the entries of a sitemap: a JSON line for each, as it is read.

SITEMAP is an http:// or https:// URL, which is fetched as crawl run does, with 5
redirects at most; else it is a FILE, or standard input (-), and --base is where it
would be. It may be a sitemap or an index of sitemaps in XML, RSS, Atom, or text with
a URL a line, packed with gzip or not: what it is, its bytes say. The sitemaps that
an index names are printed and not fetched.

An entry has "format" (urlset, index, rss, atom, text) and "url"; "lastmod" in UTC,
"changefreq", and "priority" if it is not 0.5; "outside": true if it is not in the
folder of the sitemap's URL, which the protocol asks for; with --related, "related":
the page in other languages or forms, and files that come with it. What has no
usable address has "error", and "address" if it has one, instead of "url".

On standard error there is a summary. The exit code is 1 if there was no response of
status 2xx, or the document is no sitemap, declares XML entities, is broken, or goes
beyond --max-bytes or --max-entries; entries before that are printed. A document that
is merely cut short is read to its end, and the summary says so.
docs/sitemaps.md has what is read.`

const sitemapExamples = `  crawl sitemap https://example.com/sitemap.xml
  crawl sitemap sitemap.xml.gz --base https://example.com/sitemap.xml.gz
  crawl sitemap https://example.com/sitemap.xml | jq -r 'select(.url).url' | crawl run -i -`

// maxSitemapRedirects is how many redirects lead to a sitemap at most: as many as to a robots.txt (RFC 9309 section 2.3.1.2).
const maxSitemapRedirects = 5

// sitemapOptions are the flags of crawl sitemap.
type sitemapOptions struct {
	base       string
	related    bool
	maxBytes   size
	maxEntries int
	quiet      bool

	run runOptions // how SITEMAP is fetched
}

func newSitemap(s streams) *cobra.Command {
	o := &sitemapOptions{
		maxBytes: sitemap.DefaultMaxBytes,
		run:      runOptions{mode: engine.ModeLoop, progress: "none", proxy: proxyFlags{getenv: os.Getenv}},
	}
	cmd := &cobra.Command{
		Use:     "sitemap SITEMAP",
		Short:   "Print the entries of a sitemap or feed",
		Long:    sitemapHelp,
		Example: sitemapExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.print(s, args[0]) },
	}
	o.run.addDefaults()
	type adders = []func(*pflag.FlagSet)
	f := &o.run.fetch
	addThemes(cmd, []theme{
		{"What is read and printed", adders{o.addFlags}},
		{"If SITEMAP is a URL, how it is fetched", adders{f.addLimits, f.addRequest, f.auth.add, f.addResolve, o.run.dns.add, f.connect.add, f.tls.add, o.run.proxy.add}},
		{"The engine", adders{o.run.addEngine}},
	})
	return cmd
}

func (o *sitemapOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.base, "base", "", "`URL` of a SITEMAP that is not fetched: relative addresses and outside go by it")
	f.BoolVar(&o.related, "related", false, "print related addresses too")
	f.Var(&o.maxBytes, "max-bytes", "longest document that is read, unpacked, as `50MiB`")
	f.IntVar(&o.maxEntries, "max-entries", sitemap.DefaultMaxEntries, "entries that are read at most")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no summary, only errors")
}

// sitemapLine is a line of the output.
type sitemapLine struct {
	Format     string        `json:"format"`
	URL        string        `json:"url,omitempty"`
	Lastmod    string        `json:"lastmod,omitempty"`
	Changefreq string        `json:"changefreq,omitempty"`
	Priority   *float64      `json:"priority,omitempty"`
	Outside    bool          `json:"outside,omitempty"`
	Related    []relatedLine `json:"related,omitempty"`
	Address    string        `json:"address,omitempty"`
	Error      string        `json:"error,omitempty"`
}

type relatedLine struct {
	Relation string `json:"relation"`
	Language string `json:"language,omitempty"`
	URL      string `json:"url"`
}

// sitemapPrinter prints what a parser finds.
type sitemapPrinter struct {
	options *sitemapOptions
	parser  *sitemap.Parser // nil: no document has begun
	lines   *jsonLines
	err     error // of the output
}

func (o *sitemapOptions) print(s streams, name string) error {
	if o.maxEntries < 1 {
		return usageError("--max-entries %d: must be at least 1", o.maxEntries)
	}
	p := &sitemapPrinter{options: o, lines: newJSONLines(s.out)}
	source := o.read
	if isWebURL(name) {
		source = o.fetch
	}
	err := source(s, name, p)
	if flushErr := p.lines.flush(); p.err == nil {
		p.err = flushErr
	}
	if p.err != nil {
		return p.err
	}
	if p.parser != nil && !o.quiet {
		p.summarize(s.err)
	}
	return err
}

// read parses a file or standard input.
func (o *sitemapOptions) read(s streams, name string, p *sitemapPrinter) error {
	in, at, err := atHand(s, name, o.base)
	if err != nil {
		return err
	}
	defer in.Close()
	p.begin(at, "")
	_, err = io.Copy(p, in)
	return p.close(name, err)
}

// begin makes a parser for a document.
func (p *sitemapPrinter) begin(base link.URL, charset string) {
	p.parser = sitemap.NewParser(sitemap.Options{
		URL: base, Charset: charset, MaxBytes: int64(p.options.maxBytes), MaxEntries: p.options.maxEntries, Related: p.options.related,
		Dropped: func(address []byte, err error) { p.put(sitemapLine{Address: string(address), Error: err.Error()}) },
	}, p.entry)
}

// Write implements io.Writer, of the document.
func (p *sitemapPrinter) Write(b []byte) (int, error) {
	n, err := p.parser.Write(b)
	if err == nil {
		err = p.err
	}
	return n, err
}

// close ends the parser. err is what the document ended with before its end, if it did.
func (p *sitemapPrinter) close(name string, err error) error {
	if closeErr := p.parser.Close(); err == nil {
		err = closeErr
	}
	if err != nil && p.err == nil {
		return ioError(fmt.Errorf("%s: %w", name, err))
	}
	return nil
}

func (p *sitemapPrinter) entry(e *sitemap.Entry) {
	line := sitemapLine{URL: e.URL.String(), Changefreq: e.Frequency.String(), Outside: e.Outside}
	if !e.Modified.IsZero() {
		line.Lastmod = e.Modified.Format(time.RFC3339Nano)
	}
	if e.Priority != sitemap.DefaultPriority {
		line.Priority = &e.Priority
	}
	for i := range e.Related {
		r := &e.Related[i]
		line.Related = append(line.Related, relatedLine{r.Relation.String(), r.Language, r.URL.String()})
	}
	p.put(line)
}

func (p *sitemapPrinter) put(line sitemapLine) {
	if p.err == nil {
		line.Format = p.parser.Summary().Format.String()
		p.err = p.lines.write(&line)
	}
}

func (p *sitemapPrinter) summarize(w io.Writer) {
	sum := p.parser.Summary()
	if sum.Format == sitemap.Unknown {
		return
	}
	cut := ""
	if sum.Cut {
		cut = ", cut short"
	}
	fmt.Fprintf(w, "crawl: %s: %d entries, %d dropped, %d bytes%s\n", sum.Format, sum.Entries, sum.Dropped, sum.Bytes, cut)
}

// errNoSitemap: a response that is not the document.
var errNoSitemap = errors.New("the server has no sitemap there")
