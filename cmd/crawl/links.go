package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

const linksHelp = `Print what a crawl sees in a page, or in a style sheet: its links, each once, in the
order in which they appear, as one JSON object a line; before them a line on the page.

The page is fetched as crawl run does, if it is an http:// or https:// URL; else it is
a FILE, or standard input (-), and --base is where it would be.

The line of the page has the keys "page" (where it was found), "base", "title",
"lang", "charset" and "charset_from", "canonical", "noindex", "nofollow", and
numbers: "links" that follow, references of "other" schemes, and those "dropped"
because there are too many. Of a page that was fetched it has "status" and "type".

The line of a link has "url" and "kind"; "asset": true if the page needs it to be
shown; "nofollow": true if its author says so; "ref" as it is written. What is no
URL has "error" instead of "url".`

const linksExamples = `  crawl links https://example.com/
  crawl links page.html --base https://example.com/dir/
  curl -s https://example.com/ | crawl links - --base https://example.com/
  crawl links https://example.com/ | jq -r 'select(.kind == "a").url'`

// linksOptions are the flags of crawl links.
type linksOptions struct {
	base      string
	mediaType string
	charset   string
	agent     string
	fragments bool
	canon     canonFlags

	crawl runOptions // of which the flags are used that say how a URL is fetched
}

func newLinks(s streams) *cobra.Command {
	o := &linksOptions{crawl: runOptions{proxy: proxyFlags{getenv: os.Getenv}}}
	cmd := &cobra.Command{
		Use:     "links URL|FILE|-",
		Short:   "Print the links of a page, as a crawl sees them",
		Long:    linksHelp,
		Example: linksExamples,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(s, args[0]) },
	}
	addThemes(cmd, o.crawl.documentThemes("What is read, and printed", o.add, o.canon.add))
	return cmd
}

func (o *linksOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.base, "base", "", "`URL` of the document, of a FILE or of standard input")
	f.StringVar(&o.mediaType, "type", "", "what the document is: html or css (default what Content-Type says; of a FILE, css if that is its ending, else html)")
	f.StringVar(&o.charset, "charset", "", "encoding of the document, as Content-Type has it: `LABEL`")
	f.StringVar(&o.agent, "agent", "crawl", "name to which <meta name=…> and X-Robots-Tag may speak apart")
	f.BoolVar(&o.fragments, "fragments", false, "tell links apart that differ in their fragments (#…)")
}

func (o *linksOptions) run(s streams, what string) error {
	if err := o.check(); err != nil {
		return err
	}
	d := &linksDocument{extractor: link.NewExtractor(link.ExtractorOptions{Agent: o.agent, Fragments: o.fragments}), options: o}
	var err error
	if isWebURL(what) {
		err = o.fetch(s, what, d)
	} else {
		err = o.read(s, what, d)
	}
	if err != nil {
		return err
	}
	return d.print(s.out)
}

func (o *linksOptions) check() error {
	switch o.mediaType {
	case "", "html", "css":
	default:
		return usageError("--type %q: must be html or css", o.mediaType)
	}
	if err := o.canon.check(); err != nil {
		return err
	}
	return o.crawl.checkFetching()
}

// read reads a document that is at hand.
func (o *linksOptions) read(s streams, name string, d *linksDocument) error {
	in, at, err := atHand(s, name, o.base)
	if err != nil {
		return err
	}
	defer in.Close()
	d.url = at
	mediaType := "text/html"
	if strings.HasSuffix(strings.ToLower(name), ".css") {
		mediaType = "text/css"
	}
	if err := d.begin(mediaType, ""); err != nil {
		return err
	}
	if _, err := io.Copy(d, in); err != nil {
		return ioError(err)
	}
	return nil
}

// fetch fetches one, within an engine of its own.
func (o *linksOptions) fetch(s streams, what string, d *linksDocument) error {
	var res fetch.Response
	request := fetch.Request{OnBody: func(p []byte) error { return d.take(&res, p) }, Watch: &fetch.Watch{OnHead: d.head}}
	at, err := o.crawl.fetchPage(s, what, o.base, request, &res)
	if err != nil {
		return err
	}
	d.url, d.status = at, res.Status
	return d.take(&res, nil) // begins with what had no body
}

// linksDocument is the document whose links are printed.
type linksDocument struct {
	options   *linksOptions
	extractor *link.Extractor
	url       link.URL
	begun     bool
	status    int
	mediaType string
	fields    []string // Link
	robots    link.Robots
}

// head takes what the head of a response says of links.
func (d *linksDocument) head(head *fetch.Head) {
	for value := range head.Values("Link") {
		d.fields = append(d.fields, string(value))
	}
	for value := range head.Values("X-Robots-Tag") {
		d.robots = d.robots.Or(link.ParseRobotsTag(string(value), d.options.agent))
	}
}

// take takes a stretch of a body that is fetched.
func (d *linksDocument) take(res *fetch.Response, p []byte) error {
	if !d.begun {
		if err := d.begin(res.MediaType, res.Charset); err != nil {
			return err
		}
	}
	d.extractor.Write(p)
	return nil
}

func (d *linksDocument) begin(mediaType, charset string) error {
	if d.options.mediaType != "" {
		d.mediaType = "text/" + d.options.mediaType
	} else {
		d.mediaType = mediaType
	}
	kind, ok := link.DocumentOf(d.mediaType)
	if !ok {
		return &exitErr{code: exitError, err: fmt.Errorf("the type is %q, in which no links are looked for", d.mediaType), hint: "--type html reads it nevertheless"}
	}
	if d.options.charset != "" {
		charset = d.options.charset
	}
	d.begun = true
	d.extractor.Begin(kind, charset)
	for _, value := range d.fields {
		d.extractor.Field(value)
	}
	return nil
}

// Write implements io.Writer.
func (d *linksDocument) Write(p []byte) (int, error) {
	d.extractor.Write(p)
	return len(p), nil
}

// pageRecord is the first line.
type pageRecord struct {
	Page        string `json:"page"`
	Status      int    `json:"status,omitempty"`
	Type        string `json:"type"`
	Base        string `json:"base"`
	Title       string `json:"title"`
	Lang        string `json:"lang"`
	Charset     string `json:"charset"`
	CharsetFrom string `json:"charset_from"`
	Canonical   string `json:"canonical"`
	NoIndex     bool   `json:"noindex"`
	NoFollow    bool   `json:"nofollow"`
	Links       int    `json:"links"`
	Other       int    `json:"other"`
	Dropped     int    `json:"dropped"`
}

// linkRecord is each of the others.
type linkRecord struct {
	URL string `json:"url,omitempty"`
	canonical
	Kind     string `json:"kind"`
	Asset    bool   `json:"asset"`
	NoFollow bool   `json:"nofollow"`
	Ref      string `json:"ref"`
	Error    string `json:"error,omitempty"`
}

func (d *linksDocument) print(w io.Writer) error {
	p := d.extractor.End(&d.url)
	robots := p.Robots.Or(d.robots)
	out := newJSONLines(w)
	err := out.write(pageRecord{
		Page: d.url.String(), Status: d.status, Type: d.mediaType, Base: p.Base.String(), Title: p.Title, Lang: p.Lang, Charset: p.Charset,
		CharsetFrom: p.CharsetFrom.String(), Canonical: p.Canonical.String(), NoIndex: robots.NoIndex, NoFollow: robots.NoFollow,
		Links: p.Links, Other: p.Other, Dropped: p.Dropped,
	})
	for l := range d.extractor.Links {
		if err != nil {
			return err
		}
		r := linkRecord{Kind: l.Kind.String(), Asset: l.Kind.IsAsset(), NoFollow: l.NoFollow, Ref: l.Ref}
		if l.Err != nil {
			r.Error = l.Err.Error()
		} else {
			r.URL, r.canonical = l.URL.String(), d.options.canon.of(&l.URL)
		}
		err = out.write(r)
	}
	return errors.Join(err, out.flush())
}
