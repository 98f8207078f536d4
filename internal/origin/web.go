package origin

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Web is what a Server serves, without the network: which URLs there are, what each is answered
// with, what it links to and how long it takes. It does no I/O, never changes, and is a pure
// function of its Config, so a test can ask it for the truth.
type Web struct {
	cfg    Config // with defaults filled in and the port known
	scheme string // "http://" or "https://"
	hosts  []string
	byName map[string]int // authority → index into hosts
	text   []byte         // textSize bytes of prose that every filler is cut from
}

// NewWeb returns the web that Start would serve with the same configuration. The port is part of
// every URL, so cfg.Port must not be 0. The error wraps ErrConfig.
func NewWeb(cfg Config) (*Web, error) {
	cfg, err := cfg.normal()
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	if cfg.Port == 0 {
		return nil, fmt.Errorf("origin: %w: a web without a server needs a port", ErrConfig)
	}
	w := &Web{cfg: cfg, scheme: "http://", byName: map[string]int{}, text: prose(cfg.Seed)}
	port, usual := ":"+strconv.Itoa(cfg.Port), 80
	if cfg.TLS != nil {
		w.scheme, usual = "https://", 443
	}
	if cfg.Port == usual {
		port = ""
	}
	if cfg.Hosts > 0 {
		for k := range cfg.Hosts {
			w.hosts = append(w.hosts, "h"+strconv.Itoa(k+1)+".localhost"+port)
		}
	} else {
		for _, a := range cfg.addresses() {
			w.hosts = append(w.hosts, a+port)
		}
	}
	for h, name := range w.hosts {
		w.byName[name] = h
	}
	if least := w.leastPage(); cfg.Size.Min < least {
		return nil, fmt.Errorf("origin: %w: a page of %d bytes cannot hold %d links: at least %d are needed", ErrConfig, cfg.Size.Min, cfg.Links, least)
	}
	return w, nil
}

// Hosts returns the authorities (host:port) of the web in order.
func (w *Web) Hosts() []string { return append([]string(nil), w.hosts...) }

// Len returns the number of pages of all hosts.
func (w *Web) Len() int { return len(w.hosts) * w.cfg.Pages }

// URL returns the URL of page i, i ≥ 0. Neighbours are on different hosts: page i is number
// i / len(Hosts()) of host i mod len(Hosts()). From Len() on, pages do not exist: they are answered
// with 404.
func (w *Web) URL(i int) string { return string(w.appendURL(nil, i)) }

func (w *Web) appendURL(dst []byte, i int) []byte {
	return w.appendPageURL(dst, i%len(w.hosts), i/len(w.hosts))
}

func (w *Web) appendPageURL(dst []byte, host, n int) []byte {
	dst = append(dst, w.scheme...)
	dst = append(dst, w.hosts[host]...)
	return appendPagePath(dst, n)
}

func appendPagePath(dst []byte, n int) []byte {
	return strconv.AppendInt(append(dst, "/p/"...), int64(n), 10)
}

// WriteList writes the URLs of the pages 0 to n-1 to out, one a line.
func (w *Web) WriteList(out io.Writer, n int) error {
	b := bufio.NewWriterSize(out, 64<<10)
	for i := range n {
		line := append(w.appendURL(b.AvailableBuffer(), i), '\n')
		if _, err := b.Write(line); err != nil {
			return fmt.Errorf("origin: write list: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("origin: write list: %w", err)
	}
	return nil
}

// Page returns what page i is answered with.
func (w *Web) Page(i int) (status int, contentType string, body []byte) {
	host, n := i%len(w.hosts), i/len(w.hosts)
	return w.entity(host, w.find(host, appendPagePath(nil, n)))
}

// Lookup returns what a GET of the URL is answered with, or status 0 if it is none of this web's: it
// has another authority, or is one of the paths under /f/ and /-/, which no web is made of.
func (w *Web) Lookup(rawURL string) (status int, contentType string, body []byte) {
	host, target, ok := w.split(rawURL)
	if !ok || strings.HasPrefix(target, faultPrefix) || strings.HasPrefix(target, controlPrefix) {
		return 0, "", nil
	}
	return w.entity(host, w.find(host, []byte(target)))
}

// Delay returns how long the answer to the URL is held back; 0 for a URL that Lookup does not know.
func (w *Web) Delay(rawURL string) time.Duration {
	host, target, ok := w.split(rawURL)
	if !ok || strings.HasPrefix(target, faultPrefix) || strings.HasPrefix(target, controlPrefix) {
		return 0
	}
	return w.delay(host, []byte(target))
}

func (w *Web) delay(host int, target []byte) time.Duration {
	if w.cfg.Latency.law <= lawFixed {
		return w.cfg.Latency.At(0)
	}
	return w.cfg.Latency.At(unit(draw(w.cfg.Seed, forLatency, uint64(host), digest(target), 0)))
}

// split takes a URL apart into the host and the request target, without its fragment.
func (w *Web) split(rawURL string) (host int, target string, ok bool) {
	rest, ok := strings.CutPrefix(rawURL, w.scheme)
	if !ok {
		return 0, "", false
	}
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, ok = w.byName[rest[:end]]
	if target = rest[end:]; !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	return host, target, ok
}

// Links returns the pages that page i links to, in the order of the document.
//
// Of L links, the first A = (L+1)/2 are on the same host, written as paths: page n links to
// n·A+1 … n·A+A modulo the number of pages, which is a tree from page 0. The others are absolute: one
// to page 0 of the next host, the rest to pages drawn from the whole web. So from page 0 of a host,
// L ≥ 1 reaches every page of that host, and L ≥ 2 every page of the web.
func (w *Web) Links(i int) []int {
	links := make([]int, w.cfg.Links)
	for k := range links {
		h, n := w.link(i%len(w.hosts), i/len(w.hosts), k)
		links[k] = n*len(w.hosts) + h
	}
	return links
}

func (w *Web) localLinks() int { return (w.cfg.Links + 1) / 2 }

// link returns the target of link k of page n of the host.
func (w *Web) link(host, n, k int) (toHost, toPage int) {
	local, pages := w.localLinks(), uint64(w.cfg.Pages)
	switch {
	case k < local:
		return host, int((uint64(n)*uint64(local) + uint64(k) + 1) % pages)
	case k == local:
		return (host + 1) % len(w.hosts), 0
	}
	x := draw(w.cfg.Seed, forLink, uint64(host), uint64(n), uint64(k))
	return int(x >> 32 % uint64(len(w.hosts))), int(x & (1<<32 - 1) % pages)
}

// answer is what a path of the web is answered with.
type answer struct {
	status      int
	contentType string
	location    string // of a redirect
	page        int    // number of the page, or -1: the body is the next field
	body        []byte
}

const (
	typeHTML = "text/html; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeXML  = "application/xml"
	typeJSON = "application/json"
)

// find returns the answer to a target of the host. The query counts for nothing.
func (w *Web) find(host int, target []byte) answer {
	path, _, _ := bytes.Cut(target, []byte("?"))
	if digits, ok := bytes.CutPrefix(path, []byte("/p/")); ok {
		if n, ok := parseNumber(digits); ok && n < uint64(w.cfg.Pages) {
			return answer{status: 200, contentType: typeHTML, page: int(n)}
		}
	}
	switch {
	case string(path) == "/":
		return answer{status: 301, contentType: typeText, location: "/p/0", page: -1, body: []byte("the first page is /p/0\n")}
	case string(path) == "/robots.txt" && w.cfg.Robots != "":
		return answer{status: 200, contentType: typeText, page: -1, body: []byte(w.cfg.Robots)}
	case bytes.HasPrefix(path, []byte("/sitemap")):
		if body := w.sitemap(host, string(path)); body != nil {
			return answer{status: 200, contentType: typeXML, page: -1, body: body}
		}
	}
	return answer{status: 404, contentType: typeText, page: -1, body: []byte("no such page\n")}
}

// entity returns an answer with its body made.
func (w *Web) entity(host int, a answer) (int, string, []byte) {
	if a.page >= 0 {
		return a.status, a.contentType, w.pageBody(host, a.page)
	}
	return a.status, a.contentType, a.body
}

// parseNumber reads decimal digits without a sign or a leading zero, so that no page has two URLs.
func parseNumber(digits []byte) (uint64, bool) {
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(digits) > 1 {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
