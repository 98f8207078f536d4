// Command collycrawl follows the links of a site by colly, as its documentation shows: an asynchronous collector with a
// limit rule, OnHTML for links, and a transport that keeps as many connections as are used. It is the
// yardstick for what users of the best known Go crawler pay for a page. Each page becomes a JSON line with its
// URL and status; it knows no robots.txt, no delays and no retries. It is a module of its own, so that nobody who builds crawl
// loads colly.
//
//	collycrawl -o OUT.jsonl -c N URL
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gocolly/colly/v2"
)

func main() {
	out := flag.String("o", "", "file that receives one JSON object a line")
	conc := flag.Int("c", 100, "fetches in flight")
	flag.Parse()
	if err := run(flag.Arg(0), *out, *conc); err != nil {
		fmt.Fprintln(os.Stderr, "collycrawl:", err)
		os.Exit(1)
	}
}

// record is what is kept of a page.
type record struct {
	URL    string `json:"url"`
	Status int    `json:"status"`
	Bytes  int    `json:"bytes"`
}

func run(start, out string, conc int) (err error) {
	first, err := url.Parse(start)
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriterSize(file, 64<<10)
	defer func() { err = errors.Join(err, w.Flush()) }()

	c := colly.NewCollector(colly.Async(true), colly.AllowedDomains(first.Hostname()), colly.MaxBodySize(0), colly.ParseHTTPErrorResponse())
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: conc}); err != nil {
		return err
	}
	c.WithTransport(&http.Transport{
		DialContext:  (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: -1}).DialContext,
		MaxIdleConns: conc, MaxIdleConnsPerHost: conc, MaxConnsPerHost: conc, DisableCompression: true,
	})
	c.SetRequestTimeout(60 * time.Second)
	var mu sync.Mutex // guards w and failed
	var failed error
	c.OnResponse(func(r *colly.Response) {
		mu.Lock()
		defer mu.Unlock()
		if err := json.NewEncoder(w).Encode(record{r.Request.URL.String(), r.StatusCode, len(r.Body)}); err != nil {
			failed = err
		}
	})
	c.OnError(func(r *colly.Response, err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = fmt.Errorf("%s: %w", r.Request.URL, err)
	})
	// A fragment makes another URL of it for colly, and there are some for each page.
	follow := func(e *colly.HTMLElement, ref string) {
		ref, _, _ = strings.Cut(ref, "#")
		if ref != "" {
			_ = e.Request.Visit(ref) // known or elsewhere: that is no failure
		}
	}
	c.OnHTML("a[href], area[href]", func(e *colly.HTMLElement) { follow(e, e.Attr("href")) })
	c.OnHTML("frame[src], iframe[src]", func(e *colly.HTMLElement) { follow(e, e.Attr("src")) })
	if err := c.Visit(start); err != nil {
		return err
	}
	c.Wait()
	return failed
}
