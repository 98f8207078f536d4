package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/crawler"
	"crawl/internal/engine"
	"crawl/internal/fetch"
)

const runHelp = `Fetch URLs, or with -r whole sites by their links, and write one JSON record of each
page to standard output, as it is done.

The URLs are the arguments, then the lines of the list: one URL a line, blank
lines and lines that begin with # left out. The list is read as it is needed, so
its length costs no memory; - is standard input. A line that is neither an http://
nor an https:// URL gives a record of class "input", and the crawl goes on.

With -r, pages are read for links while they arrive, and what they lead to within
--scope is fetched too, each URL once, in the order of its distance. The list is
read to its end first. A redirect is a record of its own, and where it leads is
another. robots.txt is obeyed, and hosts are asked as seldom as suits them (--delay);
what is left out is counted in the ledger, by the reason, and has a record where
robots.txt is that, or with --record-skipped. With --sitemaps the crawl takes URLs from sitemaps
too; with that of a sitemap it needs no other, and begins with what is listed there.

The first Ctrl-C (or SIGTERM, or SIGHUP) begins nothing new and waits for what is
in flight; the second stops at once. SIGQUIT prints what every task is doing and
goes on.

What -u, --oauth2-bearer and -b 'a=b' have, and fields Authorization and Cookie given
with -H, is sent to every URL of the list; user information in a URL, with that. A
redirect to another host, port or scheme does not get it. With -r it goes to all
that is crawled, and so only with --scope host or prefix. Cookies are kept and sent
again only with -b FILE or --cookie-jar FILE.

Proxies are that of -x, or else those of the environment. What is on this machine
itself (localhost, 127.0.0.1, ::1) is fetched by a proxy only with -x. Names are
resolved by the proxy, but for socks5.

With -v and a single URL, standard error has the exchange: * what happens, > what is
sent, < what comes, at the end the class and a waterfall of the phases. Values of
Authorization, Proxy-Authorization, Cookie and Set-Cookie, and user information in
URLs, are shown as ***; control characters are escaped.

Progress is shown on standard error: on a terminal as one line that is drawn again
and again, with a bar and as much as there is room for; elsewhere, and in CI, as a
line every 5 seconds. Totals are guesses ("about", "~") until the list is read.
Glyphs are ASCII where the locale is not UTF-8.

Environment:
  http_proxy                    proxy for http://, in lower case only
  https_proxy, all_proxy        proxy for https://, and for what has no other; or HTTPS_PROXY, ALL_PROXY
  no_proxy                      what is fetched without these, as --noproxy; or NO_PROXY
  SSL_CERT_FILE, SSL_CERT_DIR   authorities to trust instead of the system's (not on macOS and Windows)
  CRAWL_TOKEN                   token for the live page, as --listen-token
  NO_COLOR, CI                  set: no colours; lines instead of a bar`

const runExamples = `  crawl run http://127.0.0.1:8080/
  crawl run -i urls.txt -o records.jsonl
  sitemap-tool | crawl run -i - -c 200 --per-host 4 --rate 100/s > records.jsonl
  crawl run -i urls.txt --fail-on any -q || echo "broken links"
  crawl run -r https://example.org/ --max-depth 3 -o pages.jsonl
  crawl run -r --sitemaps https://example.org/sitemap.xml --max-depth 0 -o pages.jsonl
  crawl run -r http://127.0.0.1:8080/ --delay 0 --fail-on 404 -q > /dev/null`

// runOptions are the flags of crawl run.
type runOptions struct {
	list     string
	output   string
	mode     string
	poller   string
	debug    bool
	progress string
	quiet    bool
	verbose  bool
	failOn   failOn
	duration time.Duration
	events   string
	profile  string

	work    workFlags
	records recordFlags
	extract extractFlags
	follow  followFlags
	fetch   fetchFlags
	cookies cookieFlags
	live    liveFlags
	proxy   proxyFlags
	dns     dnsFlags

	ended crawler.Stats // of the crawl, when run has returned
}

func newRun(s streams) *cobra.Command {
	o := &runOptions{proxy: proxyFlags{getenv: os.Getenv}}
	cmd := &cobra.Command{
		Use:     "run [URL...] [-i FILE]",
		Short:   "Fetch URLs and write one JSON record of each",
		Long:    runHelp,
		Example: runExamples,
		RunE: func(cmd *cobra.Command, urls []string) error {
			o.work.perHostSet = cmd.Flags().Changed("per-host")
			o.work.concurrencySet = cmd.Flags().Changed("concurrency")
			return o.run(s, urls)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *runOptions) addFlags(cmd *cobra.Command) {
	type adders = []func(*pflag.FlagSet)
	addThemes(cmd, []theme{
		{"Lists, records, and how it ends", adders{o.addFiles, o.fetch.addDigest, o.addVerdict}},
		{"What is in records, and how they are written", adders{o.records.add, o.extract.add}},
		{"How much at once, and how often", adders{o.work.add}},
		{"Sites, by their links", adders{o.follow.add}},
		{"Limits of one fetch", adders{o.fetch.addLimits, o.fetch.redirects.add}},
		{"Requests", adders{o.fetch.addMethod, o.fetch.addRequest, o.fetch.addMemory, o.fetch.body.add, o.fetch.selection.add}},
		{"Users, passwords and cookies", adders{o.fetch.auth.add, o.cookies.add}},
		{"Names and addresses", adders{o.fetch.addResolve, o.dns.add, o.fetch.connect.add}},
		{"TLS, of https:// URLs", adders{o.fetch.tls.add}},
		{"Proxies", adders{o.proxy.add}},
		{"What is shown meanwhile", adders{o.addOutlook, o.live.add}},
		{"The engine", adders{o.addEngine}},
	})
}

func (o *runOptions) addFiles(f *pflag.FlagSet) {
	f.StringVarP(&o.list, "input", "i", "", "list of URLs, `FILE` or - for standard input")
	f.StringVarP(&o.output, "output", "o", "", "write records to `FILE` instead of standard output")
}

func (o *runOptions) addVerdict(f *pflag.FlagSet) {
	f.DurationVar(&o.duration, "for", 0, "begin nothing new when the crawl has run for `TIME`, pauses and all, as 90m; exit with 5 if something is left (default no limit)")
	f.Var(&o.failOn, "fail-on", "exit with 3 if a URL ended so: error (no response), any (error, 4xx or 5xx), none, or a `LIST` of classes and statuses, as timeout,404,5xx; items: if one is invalid (--schema)")
}

func (o *runOptions) addOutlook(f *pflag.FlagSet) {
	f.StringVar(&o.progress, "progress", "auto", "on standard error: bar, plain (lines), none, or auto (bar on a terminal outside CI, else plain)")
	f.StringVar(&o.events, "events", "", "write what happens to `FILE`, one JSON object for each event: URLs found, fetches begun, hosts in a pause …")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress and no summary, only errors")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "a summary of the engine too, and advice on what failed; for a single URL the whole exchange, and how long each phase took")
}

func (o *runOptions) addEngine(f *pflag.FlagSet) {
	f.StringVar(&o.mode, "mode", engine.ModeLoop, "loop (one thread) or goroutine (one per connection)")
	f.StringVar(&o.poller, "poller", "", "how the loop waits: epoll or poll (default the platform's best)")
	f.BoolVar(&o.debug, "debug-loop", false, "name slow callbacks by where they were made, and dump stacks when a step takes over a second")
	f.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile to `FILE`")
	_ = f.MarkHidden("cpuprofile")
}

// addDefaults sets what has no flags set, for a command that has others.
func (o *runOptions) addDefaults() {
	f := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.work.add(f)
	o.fetch.add(f)
}

// run wires a crawl from the flags, runs it and says how it ended.
func (o *runOptions) run(s streams, urls []string) error {
	if err := o.check(urls); err != nil {
		return err
	}
	limit := descriptorLimit()
	if err := checkLimit(limit); err != nil {
		return err
	}
	in, err := o.openList(s, urls)
	if err != nil {
		return err
	}
	defer in.close()
	if err := o.cookies.open(s.err, in.info, o.output, s.out); err != nil {
		return err
	}
	previous, err := o.fetch.selection.readPrevious(s, o.output, o.quiet)
	if err != nil {
		return err
	}
	page, err := o.live.open()
	if err != nil {
		return err
	}
	defer page.close()
	e, err := o.newEngine(s)
	if err != nil {
		return err
	}
	stopProfile, err := startProfile(o.profile)
	if err != nil {
		return err
	}
	defer stopProfile()
	if err := o.checkOutput(s, in.info); err != nil {
		return err
	}
	events, err := o.openEvents(in.info, s)
	if err != nil {
		return err
	}
	out, closeOut, err := o.openOutput(s) // these two empty their files, so nothing after them is refused
	if err != nil {
		return err
	}
	plan := o.work.plan(limit)
	page.reserve(&plan)
	o.dns.reserve(&plan)
	if !o.quiet {
		plan.announce(s.err)
		o.proxy.announce(s.err)
	}
	r := &session{options: o, streams: s, engine: e, listSize: in.size(), page: page, mu: e.NewMutex()}
	fetchOptions := o.clientOptions(e, plan)
	fetchOptions.OnPressure = func(class fetch.Class) { r.crawler.NotePressure(class) }
	if o.records.form != nil {
		out.WriteAs(o.records.form)
	}
	client := fetch.NewClient(e, fetchOptions)
	crawlOptions := o.crawlOptions(plan)
	crawlOptions.Previous = previous
	crawlOptions.OnOutputLost = func() { r.cancel() }
	if o.traces(urls) {
		crawlOptions.Trace = &fetch.Trace{Event: newVerbose(s.err, func() screen { return newScreen(s.err, os.Getenv) }).event}
		if o.progress == "auto" {
			o.progress = "none"
		}
	}
	if names := fetchOptions.Resolver; names != nil {
		crawlOptions.OnLast = names.EndLate
	}
	r.crawler = crawler.New(e, client, in.source, out, crawlOptions)
	r.subscribe(events)
	tuneCollector(e)
	err = r.run()
	return r.end(errors.Join(err, closeOut(), o.cookies.save(), events.close(s, o.quiet)))
}

func (o *runOptions) check(urls []string) error {
	none := len(urls) == 0 && o.list == ""
	if none && len(o.follow.sitemaps) == 0 {
		return errNoURLs()
	}
	switch o.progress {
	case "auto", "bar", "plain", "none":
	default:
		return usageError("--progress %q: must be auto, bar, plain or none", o.progress)
	}
	if o.duration < 0 {
		return usageError("--for %v: must not be negative", o.duration)
	}
	if err := o.work.check(); err != nil {
		return err
	}
	if err := o.checkFetching(); err != nil {
		return err
	}
	if err := o.follow.check(&o.fetch, &o.cookies); err != nil {
		return err
	}
	if none && !o.follow.hasSitemaps() {
		return errNoURLs()
	}
	return o.checkRecords()
}

// checkRecords checks the flags that say what is in records. The rest has been checked.
func (o *runOptions) checkRecords() error {
	if err := o.extract.check(); err != nil {
		return err
	}
	if flag := o.extract.given(); flag != "" && (o.fetch.method == "HEAD" || o.fetch.selection.byteRange != "") {
		return usageError("%s with -I or --range: there is no page to take something out of", flag)
	}
	if o.failOn.items() && !o.extract.judge {
		return usageError("--fail-on items: there are none without --schema")
	}
	return o.records.check(o)
}

func errNoURLs() error {
	return &exitErr{code: exitUsage, err: errors.New("no URLs: give some, or a list with -i"), hint: "crawl run -i urls.txt"}
}

// checkFetching checks the flags that say how a URL is fetched.
func (o *runOptions) checkFetching() error {
	switch {
	case o.mode == engine.ModeGoroutine && o.poller != "":
		return usageError("--poller %s: only the loop has one", o.poller)
	case o.mode == engine.ModeGoroutine && o.debug:
		return usageError("--debug-loop with --mode goroutine: which has none")
	}
	if err := checkMode(o.mode); err != nil {
		return err
	}
	if err := o.fetch.check(); err != nil {
		return err
	}
	if err := o.cookies.check(); err != nil {
		return err
	}
	if err := o.dns.check(); err != nil {
		return err
	}
	return o.proxy.check(o.fetch.headers)
}

// clientOptions are those of the client that the flags ask for, on e, when check has been called.
func (o *runOptions) clientOptions(e engine.Engine, p plan) fetch.Options {
	options := o.fetch.options(p)
	options.Cookies = o.cookies.jar
	options.Proxy = o.proxy.choose()
	options.Resolver = o.dns.resolver(e, o.fetch.connect.families(), min(options.ConnectTimeout, options.TotalTimeout))
	return options
}

// traces reports whether the exchange is shown: of one URL, for those of several would be mixed up.
func (o *runOptions) traces(urls []string) bool {
	return o.verbose && !o.quiet && o.list == "" && len(urls) == 1 && !o.follow.recursive
}

func checkMode(mode string) error {
	if mode != engine.ModeLoop && mode != engine.ModeGoroutine {
		return usageError("--mode %q: must be %s or %s", mode, engine.ModeLoop, engine.ModeGoroutine)
	}
	return nil
}

func (o *runOptions) crawlOptions(p plan) crawler.Options {
	options := crawler.Options{
		Concurrency: p.concurrency, PerHost: p.perHost, Rate: float64(o.work.rate), MaxTime: o.duration, Retries: o.work.retries,
		Digest: o.fetch.digest != "", Method: o.fetch.method, Fields: o.cookies.fields(o.fetch.fields()),
		Body: o.fetch.body.data, Validators: o.fetch.selection.validators, Part: o.fetch.selection.part,
		Follow: o.follow.options,
	}
	if o.extract.set != nil {
		options.Extract = o.extract.extract
		options.Extractions = runtime.GOMAXPROCS(0) - 1 // one is the loop's
	}
	return options
}

// list is where the URLs come from.
type list struct {
	source *crawler.Source
	info   os.FileInfo // nil: no file
	close  func()
}

// size is 0 if it is not known.
func (l *list) size() int64 {
	if l.info == nil || !l.info.Mode().IsRegular() {
		return 0
	}
	return l.info.Size()
}

func (o *runOptions) openList(s streams, urls []string) (*list, error) {
	nothing := func() {}
	switch o.list {
	case "":
		return &list{crawler.NewSource(urls, "arguments", nil), nil, nothing}, nil
	case "-":
		return &list{crawler.NewSource(urls, o.listName(), s.in), fileInfo(s.in), nothing}, nil
	}
	f, err := os.Open(o.list)
	if err != nil {
		return nil, ioError(err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory", o.list)
	}
	if err != nil {
		_ = f.Close()
		return nil, ioError(err)
	}
	return &list{crawler.NewSource(urls, o.listName(), f), info, func() { _ = f.Close() }}, nil
}

// listName is what messages call the list.
func (o *runOptions) listName() string {
	if o.list == "-" {
		return "standard input"
	}
	return o.list
}

// checkOutput refuses to write records to the list, which would be lost, or have no end, or to the schema.
func (o *runOptions) checkOutput(s streams, list os.FileInfo) error {
	if !isFile(o.output) {
		if same(list, fileInfo(s.out)) {
			return usageError("standard output is the list itself")
		}
		return nil
	}
	if info, err := os.Stat(o.output); err == nil && same(list, info) {
		return usageError("-o %s is the list itself", o.output)
	}
	if o.extract.schema != "" && samePath(o.output, o.extract.schema) {
		return usageError("-o %s is the schema itself", o.output)
	}
	return nil
}

// openOutput opens where records go, when checkOutput has been called.
func (o *runOptions) openOutput(s streams) (*crawler.Sink, func() error, error) {
	if !isFile(o.output) {
		return crawler.NewSink("standard output", s.out), func() error { return nil }, nil
	}
	f, err := os.Create(o.output)
	if err != nil {
		return nil, nil, ioError(err)
	}
	return crawler.NewSink(o.output, f), f.Close, nil
}

// fileInfo is what is known of a stream that is a file; of another, nil.
func fileInfo(stream any) os.FileInfo {
	f, ok := stream.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// same reports whether a and b are one file that keeps what is written to it. A terminal does not.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Mode().IsRegular()
}

func (o *runOptions) newEngine(s streams) (engine.Engine, error) {
	if o.mode == engine.ModeGoroutine {
		return engine.NewGoroutine(), nil
	}
	options := engine.LoopOptions{Poller: o.poller, Debug: o.debug, Log: prefixed(s.err)}
	if o.debug {
		options.Watch = time.Second
	}
	e, err := engine.NewLoop(options)
	if err != nil {
		code := exitError
		if errors.Is(err, engine.ErrUnsupported) || o.poller != "" {
			code = exitUsage
		}
		return nil, &exitErr{code: code, err: err}
	}
	return e, nil
}

// prefixed writes each line behind the name of the program.
func prefixed(w io.Writer) io.Writer { return prefixWriter{w} }

type prefixWriter struct{ w io.Writer }

func (p prefixWriter) Write(b []byte) (int, error) {
	if _, err := fmt.Fprintf(p.w, "crawl: %s", b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// session is one run of a crawl with its signals and its progress.
type session struct {
	options  *runOptions
	streams  streams
	engine   engine.Engine
	crawler  *crawler.Crawler
	listSize int64
	page     *livePage     // nil: none is served
	ended    crawler.Stats // when the engine had run: what comes then is none of the crawl's time

	cancel context.CancelFunc

	mu          sync.Locker // guards what follows: callbacks of goroutines come at once
	interrupted os.Signal   // the first signal to stop
}

func (r *session) run() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.cancel = cancel
	r.handleSignals()
	r.crawler.Start()
	r.page.start(r)
	stop := r.startProgress()
	err := r.engine.Run(ctx)
	r.ended = r.crawler.Stats()
	stop()
	return err // not of a cancellation: that is ours, and why is told elsewhere
}

// mostNews may wait to be told: news is what comes once in a while.
const mostNews = 1000

// subscribe has those listen who want to know what happens in the crawl.
func (r *session) subscribe(events *eventLog) {
	events.listen(r.crawler)
	if !r.options.quiet {
		r.crawler.Subscribe(crawler.Pressure, mostNews, r.tellPressure())
	}
}

// tellPressure tells, once of each kind, that this machine and not a server is what the crawl waits for.
func (r *session) tellPressure() func([]crawler.Event, int64) {
	said := map[fetch.Class]bool{}
	return func(events []crawler.Event, _ int64) {
		for _, e := range events {
			if !said[e.Class] {
				said[e.Class] = true
				r.say("crawl: slowing down: %s\n", advice(e.Class))
			}
		}
	}
}

// say writes to standard error, and does not wait for who reads there: see console.
func (r *session) say(format string, args ...any) { fmt.Fprintf(r.streams.err, format, args...) }

// end prints the summary and says how the command ends, on the page too.
func (r *session) end(err error) error {
	r.options.ended = r.ended
	if !r.options.quiet {
		r.printSummary(&r.ended)
	}
	err = r.verdict(err)
	r.page.finish(r, err)
	return err
}

// verdict is how the command ends. err is of the engine and of the output.
func (r *session) verdict(err error) error {
	stats := &r.ended
	if crawlErr := r.crawler.Err(); crawlErr != nil {
		err = errors.Join(err, crawlErr)
	}
	switch {
	case err != nil:
		return ioError(err)
	case stats.Ledger.Balance() != nil:
		return ioError(stats.Ledger.Balance())
	case r.interrupted != nil:
		return &exitErr{code: signalCode(r.interrupted)}
	case r.crawler.Limit() != "":
		return &exitErr{code: exitLimit, err: errors.New(r.limitText())}
	case stats.Ledger.Pending != 0:
		return ioError(fmt.Errorf("%d URLs are left over, which is a bug", stats.Ledger.Pending))
	case stats.Ledger.Discovered == 0:
		return usageError("%s: no URLs in it", r.options.listName())
	}
	if n := r.options.failOn.count(&stats.Ledger); n > 0 {
		return &exitErr{code: exitFailedURLs, err: fmt.Errorf("%d of %d URLs failed (--fail-on %s)", n, stats.Ledger.Discovered, r.options.failOn.String()), hint: "the records tell why"}
	}
	if r.options.failOn.items() {
		if err := r.options.extract.failure(); err != nil {
			return &exitErr{code: exitFailedURLs, err: fmt.Errorf("%w (--fail-on items)", err), hint: "item_errors and extract_error in the records tell why"}
		}
	}
	return nil
}

// limitText says which limit was reached, and what it has left over.
func (r *session) limitText() string {
	text := fmt.Sprintf("%s: it was reached with %d URLs pending", r.crawler.Limit(), r.ended.Ledger.Pending)
	if !r.ended.ListDone {
		text += ", and the list not read to its end"
	}
	return text
}
