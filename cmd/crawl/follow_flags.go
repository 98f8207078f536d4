package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/http1"
	"crawl/internal/link"
	"crawl/internal/robots"
)

// How a crawl that follows links asks a host unless --delay says otherwise: as often as keeps a request there for a fifth
// of the time, and one on a public address ten times a second at most. It is Heritrix's delay-factor of 4 to 5; its
// least delay of 3 s is for who archives, and is had by --delay 3s.
const (
	delayFactor = 5
	publicDelay = 100 * time.Millisecond
)

// followFlags say which links are followed, and how politely.
type followFlags struct {
	recursive bool
	scope     string
	include   []string
	exclude   []string
	maxDepth  int
	maxURLs   int64
	maxBytes  size
	assets    bool
	also      []string
	robots    string
	delay     delay
	nofollow  bool
	strip     []string
	sitemaps  []string
	skipSame  bool
	recordAll bool

	flags   *pflag.FlagSet  // these; nil: the command has none of them
	options *crawler.Follow // nil: no links are followed
}

// add adds them to a set of their own.
func (o *followFlags) add(f *pflag.FlagSet) {
	f.BoolVarP(&o.recursive, "recursive", "r", false, "follow the links of pages; all that follows is for this")
	f.StringVar(&o.scope, "scope", "host", "follow links to the same `EXTENT` as one of the URLs: host (and port), domain (registrable), prefix (below its folder) or any")
	f.StringArrayVar(&o.include, "include", nil, "of these, only URLs that match `REGEXP`; may be repeated: one of them")
	f.StringArrayVar(&o.exclude, "exclude", nil, "and not those that match `REGEXP`; may be repeated")
	f.IntVar(&o.maxDepth, "max-depth", -1, "not further than `N` links away, level by level; below 0 is no limit")
	f.Int64Var(&o.maxURLs, "max-urls", 0, "ask for `N` URLs at most, then exit with 5; 0 is no limit")
	f.Var(&o.maxBytes, "max-bytes", "begin nothing new when so much was received, as `1GiB`, then exit with 5 (default no limit)")
	f.BoolVar(&o.assets, "assets", false, "fetch what pages need to be shown too: style sheets, scripts, pictures, and what these refer to")
	f.StringSliceVar(&o.also, "follow", nil, "follow links of these `KINDS` too: canonical, next, prev, alternate, form (sent by GET, without its fields)")
	f.StringVar(&o.robots, "robots", "obey", "robots.txt: `obey`, report (fetch, and say in records what it disallows) or ignore")
	f.Var(&o.delay, "delay", "between two requests to one host, from start to start: `TIME`, or auto: by how fast it answers (default auto)")
	f.BoolVar(&o.nofollow, "follow-nofollow", false, "follow links that ask not to be followed, too")
	f.StringSliceVar(&o.strip, "strip-query", nil, "leave query parameters of these `NAMES` out of URLs, as sid,utm_* or tracking, which is a set of them")
	f.StringArrayVar(&o.sitemaps, "sitemaps", nil, "take URLs from sitemaps too: `auto` (those that robots.txt names, else /sitemap.xml), off, or the URLs of some, as auto,URL; may be repeated (default off)")
	f.BoolVar(&o.skipSame, "skip-duplicates", false, "leave the links of a page alone whose body is that of another; makes digests")
	f.BoolVar(&o.recordAll, "record-skipped", false, "at the end, a record of each URL that was skipped, with the reason; else those are only counted")
	o.flags = f
}

// given is the name of a flag that was given and is for crawls that follow links; "" if none was.
func (o *followFlags) given() (name string) {
	if o.flags != nil {
		o.flags.VisitAll(func(f *pflag.Flag) {
			if f.Changed && f.Name != "recursive" && name == "" {
				name = f.Name
			}
		})
	}
	return name
}

// check settles the options. The rest of the flags has been checked.
func (o *followFlags) check(h *fetchFlags, cookies *cookieFlags) error {
	if !o.recursive {
		if name := o.given(); name != "" {
			return usageError("--%s: is for crawls that follow links, with -r", name)
		}
		return nil
	}
	switch {
	case h.method != "GET":
		return usageError("-r with -X %s: links are in the answers to GET", h.method)
	case h.selection.byteRange != "" || h.selection.previous != "":
		return usageError("-r with --range or --previous: a part of a page, or none, has no links")
	case h.redirects.set != nil && h.redirects.set():
		return usageError("-r with --max-redirects: each redirect is a URL of its own, of 20 in a row at most")
	case o.maxURLs < 0:
		return usageError("--max-urls %d: must not be negative", o.maxURLs)
	}
	f := &crawler.Follow{
		MaxDepth: o.maxDepth, MaxURLs: o.maxURLs, MaxBytes: int64(o.maxBytes), Assets: o.assets, NoFollow: o.nofollow, SkipDuplicates: o.skipSame, RecordSkipped: o.recordAll,
		Token: robots.Token(userAgent(h.fields())), Pace: frontier.Pace{Delay: o.delay.fixed},
	}
	if !o.delay.isFixed {
		f.Pace.Factor, f.PublicDelay = delayFactor, publicDelay
	}
	var err error
	if f.Scope.Extent, err = choice("--scope", o.scope, "host", "domain", "prefix", "any"); err != nil {
		return err
	}
	if given := h.secret(cookies); given != "" && (o.scope == "any" || o.scope == "domain") {
		return usageError("%s with --scope %s: would be sent to every host that links lead to; --netrc goes by host, and so does -b FILE", given, o.scope)
	}
	f.Scope.Scheme = h.secret(cookies) != "" // what was given for https must not be sent by http
	f.Scope.Extend = !f.Scope.Scheme         // nor to a host that nobody has named
	if f.Also, err = alsoKinds(o.also); err != nil {
		return err
	}
	policy, err := choice("--robots", o.robots, "obey", "report", "ignore")
	if err != nil {
		return err
	}
	f.Robots = crawler.RobotsPolicy(policy)
	if f.Scope.Include, err = expressions("--include", o.include); err != nil {
		return err
	}
	if f.Scope.Exclude, err = expressions("--exclude", o.exclude); err != nil {
		return err
	}
	if len(o.strip) > 0 {
		if f.Canon, err = link.NewCanon(o.strip); err != nil {
			return usageError("--strip-query %w", err)
		}
	}
	if f.Sitemaps, err = parseSitemaps(o.sitemaps); err != nil {
		return err
	}
	o.options = f
	return nil
}

// hasSitemaps reports whether a crawl may begin with sitemaps, when check has been called.
func (o *followFlags) hasSitemaps() bool {
	return o.options != nil && len(o.options.Sitemaps.Given) > 0
}

// secret is the flag by which every request says who asks, whatever its host; "" if there is none.
func (h *fetchFlags) secret(cookies *cookieFlags) string {
	switch {
	case h.auth.user != "":
		return "-u"
	case h.auth.bearer != "":
		return "--oauth2-bearer"
	case cookies.data != "":
		return "-b"
	}
	for _, f := range h.fields() {
		if strings.EqualFold(f.Name, "Authorization") || strings.EqualFold(f.Name, "Cookie") {
			return "-H " + f.Name
		}
	}
	return ""
}

// choice is the place of value among words, which are in the order of the constants that they stand for.
func choice(flag, value string, words ...string) (crawler.Extent, error) {
	i := slices.Index(words, value)
	if i < 0 {
		last := len(words) - 1
		return 0, usageError("%s %q: must be %s or %s", flag, value, strings.Join(words[:last], ", "), words[last])
	}
	return crawler.Extent(i), nil
}

// alsoKinds are the kinds of --follow.
func alsoKinds(names []string) (kinds []link.Kind, err error) {
	all := []link.Kind{link.KindCanonical, link.KindNext, link.KindPrev, link.KindAlternate, link.KindForm}
	for _, name := range names {
		i := slices.IndexFunc(all, func(k link.Kind) bool { return k.String() == name })
		if i < 0 {
			return nil, usageError("--follow %q: must be canonical, next, prev, alternate or form", name)
		}
		kinds = append(kinds, all[i])
	}
	return kinds, nil
}

func expressions(flag string, all []string) (compiled []*regexp.Regexp, err error) {
	for _, s := range all {
		e, err := regexp.Compile(s)
		if err != nil {
			return nil, usageError("%s %q: %w", flag, s, err)
		}
		compiled = append(compiled, e)
	}
	return compiled, nil
}

// userAgent is what the requests say we are.
func userAgent(fields []http1.Pair) string {
	for _, f := range fields {
		if strings.EqualFold(f.Name, "User-Agent") {
			return f.Value
		}
	}
	return ""
}

// delay is a time, or auto.
type delay struct {
	fixed   time.Duration
	isFixed bool
}

func (d *delay) Type() string { return "time" }

func (d *delay) String() string {
	if !d.isFixed {
		return ""
	}
	return d.fixed.String()
}

// Set implements pflag.Value.
func (d *delay) Set(s string) error {
	if s == "auto" {
		*d = delay{}
		return nil
	}
	fixed, err := time.ParseDuration(s)
	if s == "0" {
		fixed, err = 0, nil
	}
	if err != nil || fixed < 0 {
		return fmt.Errorf("must be auto, or a time as 500ms or 2s; 0 is none")
	}
	*d = delay{fixed, true}
	return nil
}

// advices are all classes, and why URLs are skipped, with what to make of them.
func advices() []fetch.Advice { return append(fetch.Classes(), crawler.Skips()...) }
