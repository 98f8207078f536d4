// Command htmlcrawl follows the links of a site with the standard client and the tokenizer of x/net/html, as a good Go
// programmer would write it: a pool of workers, one tuned Transport, pages read for links while they arrive, a set of
// what was seen behind a mutex. It is the yardstick for crawl run -r, so it does that work and nothing less: every
// page becomes one JSON line in a file, the base of a document counts, redirects are records of their own, and
// every wait is bounded. It knows no robots.txt, no delays, no retries and no encodings but UTF-8.
//
//	htmlcrawl -o OUT.jsonl -c N URL
//
// It prints "ok=N failed=N bytes=N links=N" and exits 1 when a URL had no response.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// fetchTimeout bounds one fetch, from dialling to the last byte of the body.
const fetchTimeout = 60 * time.Second

// tally is what all workers found together: URLs with a response and without, bytes of bodies, links with repetitions.
type tally struct{ ok, failed, bytes, links int64 }

func main() {
	out := flag.String("o", "", "file that receives one JSON object a line")
	conc := flag.Int("c", 100, "fetches in flight")
	flag.Parse()
	sum, err := run(context.Background(), flag.Arg(0), *out, *conc)
	if err != nil {
		fmt.Fprintln(os.Stderr, "htmlcrawl:", err)
		os.Exit(1)
	}
	fmt.Printf("ok=%d failed=%d bytes=%d links=%d\n", sum.ok, sum.failed, sum.bytes, sum.links)
	if sum.failed > 0 {
		os.Exit(1)
	}
}

// newClient returns a client that keeps every connection that conc workers can have open, and leaves redirects to its
// caller.
func newClient(conc int) *http.Client {
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: -1}).DialContext,
			MaxIdleConns:        conc,
			MaxIdleConnsPerHost: conc,
			MaxConnsPerHost:     conc,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
			DisableCompression:  true,
			WriteBufferSize:     1 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// run crawls the host of start with conc workers and writes a record for each URL to out.
func run(ctx context.Context, start, out string, conc int) (sum tally, err error) {
	first, err := url.Parse(start)
	if err != nil {
		return sum, err
	}
	if first.Host == "" {
		return sum, fmt.Errorf("%q has no host", start)
	}
	file, err := os.Create(out)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sink := &sink{w: bufio.NewWriterSize(file, 64<<10)}
	front := newFrontier(first)
	client := newClient(conc)
	var wg sync.WaitGroup
	for range conc {
		wg.Go(func() {
			w := worker{client: client, front: front, sink: sink}
			w.work(ctx)
		})
	}
	wg.Wait()
	return sink.sum, errors.Join(sink.err, sink.w.Flush())
}
