package main

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/http1"
)

// What is in flight at most unless -c says otherwise, and of that to one host.
const (
	defaultConcurrency = 10_000
	defaultPerHost     = 8
	// reservedDescriptors are left to everything that is not a connection: list, output, poller, lookups.
	reservedDescriptors = 64
	// minDescriptors is what it takes to begin at all, with the runtime's own, and one connection.
	minDescriptors = 16
)

// workFlags say how much is done at once.
type workFlags struct {
	concurrency    int
	concurrencySet bool
	perHost        int
	perHostSet     bool
	rate           rate
	retries        int
}

func (w *workFlags) add(f *pflag.FlagSet) {
	f.IntVarP(&w.concurrency, "concurrency", "c", 0, "fetches in flight at most (default 10000, or what the descriptor limit allows)")
	f.IntVar(&w.perHost, "per-host", 0, "of these to one host and port, 0 is no limit (default 8, or no limit if -c is given)")
	f.Var(&w.rate, "rate", "fetches begun per second at most, as `100/s` or 30/m (default no limit)")
	f.IntVar(&w.retries, "retries", 2, "further attempts after a failure that may pass, and after 408, 429, 502, 503, 504")
}

func (w *workFlags) check() error {
	switch {
	case w.concurrencySet && w.concurrency < 1:
		return usageError("-c %d: must be at least 1", w.concurrency)
	case w.perHost < 0:
		return usageError("--per-host %d: must not be negative", w.perHost)
	case w.retries < 0:
		return usageError("--retries %d: must not be negative", w.retries)
	}
	return nil
}

// plan is what the flags come to on this machine.
type plan struct {
	concurrency int
	perHost     int
	maxConns    int
	limit       int // of descriptors; 0: not known
	asked       int // concurrency asked for; 0: the default
}

// checkLimit refuses a descriptor limit with which not even the runtime gets what it needs; 0 is none.
func checkLimit(limit int) error {
	if limit == 0 || limit >= minDescriptors {
		return nil
	}
	return &exitErr{code: exitError, err: fmt.Errorf("the limit is %d descriptors, which is too few", limit), hint: fmt.Sprintf("ulimit -n %d, or more", minDescriptors)}
}

// plan fits the flags to the descriptor limit, 0 if there is none.
func (w *workFlags) plan(limit int) plan {
	p := plan{concurrency: defaultConcurrency, perHost: w.perHost, maxConns: 1 << 20, limit: limit}
	if w.concurrencySet {
		p.concurrency, p.asked = w.concurrency, w.concurrency
	}
	if !w.perHostSet && !w.concurrencySet {
		p.perHost = defaultPerHost
	}
	if limit > 0 {
		p.maxConns = max(1, limit-reservedDescriptors)
		p.concurrency = min(p.concurrency, p.maxConns)
	}
	return p
}

// announce says what is going to be in flight, and why it is not what was asked for.
func (p plan) announce(w io.Writer) {
	perHost := "no limit per host"
	if p.perHost > 0 {
		perHost = fmt.Sprintf("%d per host", p.perHost)
	}
	switch {
	case p.asked > p.concurrency:
		fmt.Fprintf(w, "crawl: %d in flight at most, not %d: the limit is %d descriptors (ulimit -n); %s\n", p.concurrency, p.asked, p.limit, perHost)
	case p.asked == 0 && p.limit > 0:
		fmt.Fprintf(w, "crawl: %d in flight at most (the limit is %d descriptors), %s\n", p.concurrency, p.limit, perHost)
	default:
		fmt.Fprintf(w, "crawl: %d in flight at most, %s\n", p.concurrency, perHost)
	}
}

// fetchFlags say how a URL is fetched. HTTP's letters are curl's.
type fetchFlags struct {
	connectTimeout time.Duration
	timeout        time.Duration
	maxTime        time.Duration
	maxBody        size
	decodeMemory   size
	method         string
	headers        []string
	userAgent      string
	resolve        []string
	digest         string
	compressed     bool

	methodSet func() bool // -X was given; nil: the command has none, for it reads what GET answers
	body      bodyFlags
	redirects redirectFlags
	connect   connectFlags
	tls       tlsFlags
	auth      authFlags
	selection selectFlags

	parsedFields  []http1.Pair
	parsedResolve map[string][]netip.Addr
}

// add adds them all; crawl run has them by theme.
func (h *fetchFlags) add(f *pflag.FlagSet) {
	for _, add := range []func(*pflag.FlagSet){
		h.addLimits, h.redirects.add, h.addMethod, h.addRequest, h.addMemory, h.body.add, h.selection.add, h.auth.add, h.addResolve, h.connect.add, h.tls.add, h.addDigest,
	} {
		add(f)
	}
}

func (h *fetchFlags) addLimits(f *pflag.FlagSet) {
	h.maxBody = fetch.DefaultMaxBody
	f.DurationVar(&h.connectTimeout, "connect-timeout", fetch.DefaultConnectTimeout, "for a connection to be made, to each address that is tried, and again for a proxy's tunnel and a TLS handshake")
	f.DurationVar(&h.timeout, "timeout", fetch.DefaultTimeout, "without a byte from the server, first or next")
	f.DurationVar(&h.maxTime, "max-time", fetch.DefaultTotalTimeout, "for one attempt as a whole, redirects and all")
	f.Var(&h.maxBody, "max-body", "largest body that is taken, as it comes and decoded, as `8MiB`")
}

func (h *fetchFlags) addMethod(f *pflag.FlagSet) {
	f.StringVarP(&h.method, "request", "X", "GET", "request `METHOD`; with -d the default is POST")
	h.methodSet = func() bool { return f.Changed("request") }
}

func (h *fetchFlags) addRequest(f *pflag.FlagSet) {
	f.StringArrayVarP(&h.headers, "header", "H", nil, "header field to send, as `'Name: value'`; may be repeated")
	f.StringVarP(&h.userAgent, "user-agent", "A", "crawl/"+version, "User-Agent to send")
	f.BoolVar(&h.compressed, "compressed", true, "ask for gzip, deflate, br and zstd, and decode them; =false takes bodies as they come")
}

func (h *fetchFlags) addMemory(f *pflag.FlagSet) {
	h.decodeMemory = fetch.DefaultDecodeMemory
	f.Var(&h.decodeMemory, "decode-memory", "what decoding takes at a time, for all fetches together, as `256MiB`; bodies that want more wait for each other")
}

func (h *fetchFlags) addResolve(f *pflag.FlagSet) {
	f.StringArrayVar(&h.resolve, "resolve", nil, "use ADDR for HOST and PORT, as `HOST:PORT:ADDR[,ADDR]`; may be repeated")
}

func (h *fetchFlags) addDigest(f *pflag.FlagSet) {
	f.StringVar(&h.digest, "digest", "", "digest of each body, decoded, in its record: `sha256`")
}

func (h *fetchFlags) check() error {
	if h.methodSet == nil {
		h.method, h.methodSet = "GET", func() bool { return false }
	}
	for _, limit := range []struct {
		name string
		d    time.Duration
	}{{"connect-timeout", h.connectTimeout}, {"timeout", h.timeout}, {"max-time", h.maxTime}} {
		if limit.d <= 0 {
			return usageError("--%s %v: must be more than 0", limit.name, limit.d)
		}
	}
	if h.digest != "" && h.digest != "sha256" {
		return usageError("--digest %q: must be sha256", h.digest)
	}
	if !http1.ValidToken(h.method) {
		return usageError("-X %q: not a method", h.method)
	}
	if h.method == "CONNECT" {
		return usageError("-X CONNECT: is for proxies")
	}
	if err := h.connect.check(); err != nil {
		return err
	}
	if err := h.parseHeaders(); err != nil {
		return err
	}
	for _, check := range []func() error{h.checkMethod, h.redirects.check, h.auth.check, h.tls.check, h.parseResolve} {
		if err := check(); err != nil {
			return err
		}
	}
	return h.selection.check(h.method, h.parsedFields)
}

// checkMethod settles the method, and what goes with it.
func (h *fetchFlags) checkMethod() (err error) {
	if err := h.body.check(); err != nil {
		return err
	}
	h.method, err = h.body.method(h.method, h.methodSet())
	h.parsedFields = h.body.fields(h.parsedFields)
	return err
}

func (h *fetchFlags) parseHeaders() error {
	h.parsedFields = []http1.Pair{}
	agent, accept := h.userAgent, "*/*"
	ask := h.compressed // for codings; a range of a coded body is of no use
	for _, line := range h.headers {
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || !http1.ValidToken(name) || !http1.ValidValue(value):
			return usageError("-H %q: must be 'Name: value'", begin(line))
		case strings.EqualFold(name, "User-Agent"):
			agent = value
		case strings.EqualFold(name, "Accept"):
			accept = value
		case http1.Reserved(name):
			return usageError("-H %q: this field is written by crawl itself", line)
		default:
			if strings.EqualFold(name, "Accept-Encoding") || strings.EqualFold(name, "Range") {
				ask = false
			}
			h.parsedFields = append(h.parsedFields, http1.Pair{Name: name, Value: value})
		}
	}
	if !http1.ValidValue(agent) {
		return usageError("-A %q: not a field value", agent)
	}
	first := []http1.Pair{}
	if agent != "" {
		first = append(first, http1.Pair{Name: "User-Agent", Value: agent})
	}
	if accept != "" {
		first = append(first, http1.Pair{Name: "Accept", Value: accept})
	}
	if ask {
		first = append(first, http1.Pair{Name: "Accept-Encoding", Value: fetch.AcceptEncoding})
	}
	h.parsedFields = append(first, h.parsedFields...)
	return nil
}

// begin is what an error says of a field or a cookie: not its value, which may be a secret.
func begin(of string) string {
	if i := strings.IndexAny(of, ":= "); i >= 0 && i+1 < len(of) {
		return of[:i+1] + "…"
	}
	return of
}

// parseResolve takes HOST:PORT:ADDR apart; an IPv6 address may stand in brackets.
func (h *fetchFlags) parseResolve() error {
	h.parsedResolve = map[string][]netip.Addr{}
	for _, rule := range h.resolve {
		parts := strings.SplitN(rule, ":", 3)
		if len(parts) != 3 || parts[0] == "" {
			return usageError("--resolve %q: must be HOST:PORT:ADDR", rule)
		}
		port, err := strconv.ParseUint(parts[1], 10, 16)
		if err != nil || port == 0 {
			return usageError("--resolve %q: %q is not a port", rule, parts[1])
		}
		key := fmt.Sprintf("%s:%d", strings.ToLower(parts[0]), port)
		for _, text := range strings.Split(parts[2], ",") {
			addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
			if err != nil {
				return usageError("--resolve %q: %q is not an IP address", rule, text)
			}
			h.parsedResolve[key] = append(h.parsedResolve[key], addr)
		}
	}
	return nil
}

func (h *fetchFlags) fields() []http1.Pair { return h.parsedFields }

func (h *fetchFlags) options(p plan) fetch.Options {
	o := fetch.Options{
		ConnectTimeout: h.connectTimeout, Timeout: h.timeout, TotalTimeout: h.maxTime,
		MaxBody: int64(h.maxBody), DecodeMemory: int64(h.decodeMemory), MaxConns: p.maxConns, Resolve: h.parsedResolve, Decode: h.compressed,
		MaxRedirects: h.redirects.most, TLS: h.tls.options, Credentials: h.auth.credentials(),
	}
	h.connect.apply(&o)
	return o
}

// rate is a number per second, written as 100/s, 30/m or 100.
type rate float64

// Slower than once in eleven days would be a slip, and the time between two fetches soon no time.Duration.
const (
	minRate = 1e-6
	maxRate = 1e9
)

func (r *rate) Type() string { return "rate" }

func (r *rate) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s"
}

// Set implements pflag.Value.
func (r *rate) Set(s string) error {
	number, unit, ok := strings.Cut(s, "/")
	if !ok {
		unit = "s"
	}
	per := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || per == 0 || !(n/per >= minRate && n/per <= maxRate) { // NaN is neither
		return fmt.Errorf("must be a number per second, minute or hour, as 100/s, 30/m, 5/h")
	}
	*r = rate(n / per)
	return nil
}

// size is a number of bytes, written as 512, 64KiB, 8MiB, 1GiB or 10MB.
type size int64

func (b *size) Type() string { return "size" }

func (b *size) String() string {
	for _, unit := range sizeUnits() {
		if int64(*b) >= unit.bytes && int64(*b)%unit.bytes == 0 && len(unit.name) == 3 {
			return strconv.FormatInt(int64(*b)/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Set implements pflag.Value.
func (b *size) Set(s string) error {
	for _, unit := range sizeUnits() {
		number, ok := strings.CutSuffix(strings.ToLower(s), strings.ToLower(unit.name))
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if v := n * float64(unit.bytes); err == nil && v >= 1 && v < 1<<62 {
			*b = size(v)
			return nil
		}
		break
	}
	return fmt.Errorf("must be a number of bytes, as 500000, 64KiB, 8MiB")
}

type sizeUnit struct {
	name  string
	bytes int64
}

func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"TB", 1e12},
		{"GB", 1e9},
		{"MB", 1e6},
		{"KB", 1e3},
		{"B", 1},
		{"", 1},
	}
}
