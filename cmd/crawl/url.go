package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/link"
)

const urlHelp = `Read URLs from standard input, one a line, and print of each what it is, as a browser
reads it: one JSON object a line, in the same order.

A line is a URL, or a reference in a document at BASE. A line that begins with {
is a JSON object with "input" and, if it is not BASE, "base" (null: none).

What is printed are the parts by their names in browsers: href, protocol, username,
password, host, hostname, port, pathname, search, hash, origin. What is no URL has
"failure": true, and "error" says why; only http and https URLs are URLs here.

--canon adds "request", the URL that a crawl asks for, and "key", by which it knows
that it has been there: two URLs with the same key are one page. docs/urls.md has
the rules.`

const urlExamples = `  echo 'HTTP://Example.COM:80/a/../b?' | crawl url
  echo '../c#d' | crawl url http://example.com/a/b
  echo '{"input": "//h/x", "base": "https://example.com/"}' | crawl url
  crawl url --strip-query tracking,sid < urls.txt`

// maxURLLine is the longest line that is read: a URL of the longest kind, escaped in JSON.
const maxURLLine = 16 * link.MaxURL

// urlOptions are the flags of crawl url.
type urlOptions struct {
	base  string
	canon canonFlags
}

func newURL(s streams) *cobra.Command {
	o := &urlOptions{}
	cmd := &cobra.Command{
		Use:     "url [BASE]",
		Short:   "Print what a URL is, as a browser reads it, in parts and resolved",
		Long:    urlHelp,
		Example: urlExamples,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.base = args[0]
			}
			return o.run(s)
		},
	}
	o.canon.add(cmd.Flags())
	return cmd
}

// canonFlags say whether and how URLs are printed in their canonical form.
type canonFlags struct {
	show  bool
	strip []string

	canon *link.Canon
}

func (c *canonFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&c.show, "canon", false, "print what is asked for and what is the key of a page, too")
	f.StringSliceVar(&c.strip, "strip-query", nil, "leave out query parameters of these `NAMES`, as sid,utm_* or tracking, which is a set of them; implies --canon")
}

func (c *canonFlags) check() (err error) {
	if c.canon, err = link.NewCanon(c.strip); err != nil {
		return usageError("--strip-query %w", err)
	}
	c.show = c.show || len(c.strip) > 0
	return nil
}

// canonical is what is printed of a URL with --canon.
type canonical struct {
	Request string `json:"request,omitempty"`
	Key     string `json:"key,omitempty"`
}

func (c *canonFlags) of(u *link.URL) canonical {
	if !c.show {
		return canonical{}
	}
	request := c.canon.Request(u)
	return canonical{request.String(), c.canon.Key(u)}
}

// urlLine is what is read of a line.
type urlLine struct {
	Input *string
	Base  *string
	based bool // it says what its base is
}

// urlRecord is what is printed of it.
type urlRecord struct {
	Input   string  `json:"input"`
	Base    *string `json:"base,omitempty"`
	Failure bool    `json:"failure,omitempty"`
	Error   string  `json:"error,omitempty"`
	*urlParts
	canonical
}

type urlParts struct {
	Href     string `json:"href"`
	Protocol string `json:"protocol"`
	Username string `json:"username"`
	Password string `json:"password"`
	Host     string `json:"host"`
	Hostname string `json:"hostname"`
	Port     string `json:"port"`
	Pathname string `json:"pathname"`
	Search   string `json:"search"`
	Hash     string `json:"hash"`
	Origin   string `json:"origin"`
}

func (o *urlOptions) run(s streams) error {
	if err := o.canon.check(); err != nil {
		return err
	}
	if o.base != "" {
		if _, err := link.Parse(o.base); err != nil {
			return usageError("%q: %w", o.base, err)
		}
	}
	out := newJSONLines(s.out)
	lines := bufio.NewScanner(flushingReader{s.in, out})
	lines.Buffer(nil, maxURLLine)
	for n := 1; lines.Scan(); n++ {
		line, err := readURLLine(lines.Text())
		if err != nil {
			return ioError(errors.Join(out.flush(), fmt.Errorf("standard input, line %d: %w", n, err)))
		}
		if err := out.write(o.record(line)); err != nil {
			return err
		}
	}
	if err := out.flush(); err != nil {
		return err
	}
	if err := lines.Err(); err != nil {
		return ioError(fmt.Errorf("standard input: %w", err))
	}
	return nil
}

// readURLLine takes a line as JSON if it begins as that does.
func readURLLine(text string) (l urlLine, err error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return urlLine{Input: &text}, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return l, fmt.Errorf("not JSON: %w", err)
	}
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return l, fmt.Errorf("not what is read here: %w", err)
	}
	if l.Input == nil {
		return l, errors.New(`has no "input"`)
	}
	_, l.based = fields["base"]
	return l, nil
}

func (o *urlOptions) record(l urlLine) urlRecord {
	r := urlRecord{Input: *l.Input, Base: l.Base}
	if !l.based && o.base != "" {
		r.Base = &o.base
	}
	u, err := resolveIn(r.Base, r.Input)
	if err != nil {
		r.Failure, r.Error = true, err.Error()
		return r
	}
	r.urlParts, r.canonical = partsOf(&u), o.canon.of(&u)
	return r
}

func resolveIn(base *string, input string) (link.URL, error) {
	if base == nil {
		return link.Parse(input)
	}
	b, err := link.Parse(*base)
	if err != nil {
		return link.URL{}, fmt.Errorf("base %q: %w", *base, err)
	}
	return b.Resolve(input)
}

// partsOf is u in the parts that browsers give names to.
func partsOf(u *link.URL) *urlParts {
	p := &urlParts{
		Href: u.String(), Protocol: u.Scheme() + ":", Host: u.Authority(), Hostname: u.Host(), Origin: u.Origin(),
	}
	p.Username, p.Password, _ = u.Userinfo()
	if strings.HasPrefix(p.Host, "[") {
		p.Hostname = "[" + p.Hostname + "]"
	}
	if p.Host != p.Hostname {
		p.Port = strconv.Itoa(int(u.Port()))
	}
	path, query, _ := strings.Cut(u.Target(), "?")
	p.Pathname = path
	if query != "" {
		p.Search = "?" + query
	}
	if fragment, _ := u.Fragment(); fragment != "" {
		p.Hash = "#" + fragment
	}
	return p
}
