package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"crawl/internal/origin"
)

const originHelp = `Serve the deterministic test web on loopback addresses until interrupted.

Sites, pages, links and delays follow from the seed, so two runs with the same
flags serve the same bytes. It prints its first URL on standard output when it is
ready, and what it has counted on standard error when it ends.

  /p/N        page N of a host
  /-/stats    what has been counted, as JSON; POST /-/reset begins anew
  /f/...      faults: delays, truncated bodies, resets and some thirty more`

const originExamples = `  crawl origin --addresses 64 --latency 1s --list urls.txt --urls 10000
  crawl origin --port 8080 --latency lognormal:50ms,0.5 --size 1000-100000
  curl http://127.0.1.1:8080/f/drip/100`

// originOptions are the flags of crawl origin.
type originOptions struct {
	config   origin.Config
	latency  string
	size     string
	list     string
	urls     int
	tlsCert  string
	limit    time.Duration
	untilEOF bool
}

func newOrigin(s streams) *cobra.Command {
	o := &originOptions{}
	cmd := &cobra.Command{
		Use:     "origin",
		Short:   "Serve the deterministic test web on loopback",
		Long:    originHelp,
		Example: originExamples,
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return o.run(s) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.config.Addresses, "addresses", 0, "loopback addresses 127.0.1.1 and following, one host each (Linux); 0 is 127.0.0.1")
	f.IntVar(&o.config.Port, "port", 0, "port on every address, 0 for a free one")
	f.IntVar(&o.config.Hosts, "hosts", 0, "hosts named h1.localhost and following on 127.0.0.1, instead of addresses")
	f.IntVar(&o.config.Pages, "pages", 0, "pages of each host (default 1000)")
	f.IntVar(&o.config.Links, "links", 0, "links on each page")
	f.StringVar(&o.size, "size", "", "`BYTES` of a page, as 2048 or a range 1000-100000 (default 2048)")
	f.StringVar(&o.latency, "latency", "", "`DELAY` of every page: 1s, uniform:50ms,200ms, exp:100ms, lognormal:50ms,0.5")
	f.StringVar(&o.tlsCert, "tls", "", "speak https, by a certificate made now and written to `FILE`, for crawl run --cacert FILE")
	f.Uint64Var(&o.config.Seed, "seed", 0, "what everything follows from")
	f.StringVar(&o.list, "list", "", "write a list of URLs to `FILE`")
	f.IntVar(&o.urls, "urls", 1000, "URLs in that list")
	f.DurationVar(&o.limit, "for", 0, "end by itself after this time (default never)")
	f.BoolVar(&o.untilEOF, "until-eof", false, "end when standard input does")
	_ = f.MarkHidden("until-eof")
	return cmd
}

func (o *originOptions) run(s streams) (err error) {
	switch {
	case o.urls < 0:
		return usageError("--urls %d: must not be negative", o.urls)
	case o.limit < 0:
		return usageError("--for %v: must not be negative", o.limit)
	}
	if o.latency != "" {
		if o.config.Latency, err = origin.ParseLatency(o.latency); err != nil {
			return usageError("--latency %q: %w", o.latency, err)
		}
	}
	if o.size != "" {
		if o.config.Size, err = origin.ParseSize(o.size); err != nil {
			return usageError("--size %q: %w", o.size, err)
		}
	}
	if o.tlsCert != "" {
		if o.config.TLS, err = selfSigned(o.tlsCert, o.config.Addresses); err != nil {
			return ioError(err)
		}
	}
	descriptorLimit()
	debug.SetGCPercent(400) // ten thousand goroutines are much to look at, and its memory is its own
	server, err := origin.Start(o.config)
	if errors.Is(err, origin.ErrConfig) {
		return usageError("%w", err)
	}
	if err != nil {
		return ioError(err)
	}
	if o.list != "" {
		if err := writeList(server, o.list, o.urls); err != nil {
			return errors.Join(err, server.Close())
		}
	}
	// From before it says that it is ready: whoever reads that may end it at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if _, err := fmt.Fprintln(s.out, server.URL(0)); err != nil {
		return ioError(errors.Join(err, server.Close()))
	}
	o.wait(ctx, s)
	stats := server.Stats()
	err = server.Close()
	fmt.Fprintf(s.err, "crawl: origin: %s\n", originText(&stats))
	if err != nil {
		return ioError(err)
	}
	return nil
}

// wait returns when the server is to end.
func (o *originOptions) wait(ctx context.Context, s streams) {
	if o.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.limit)
		defer cancel()
	}
	ended := make(chan struct{})
	if o.untilEOF {
		go func() {
			_, _ = io.Copy(io.Discard, s.in)
			close(ended)
		}()
	}
	select {
	case <-ctx.Done():
	case <-ended:
	}
}

func writeList(server *origin.Server, file string, urls int) error {
	if urls > server.Len() {
		return usageError("--urls %d: there are %d pages; see --pages", urls, server.Len())
	}
	f, err := os.Create(file)
	if err != nil {
		return ioError(err)
	}
	if err := errors.Join(server.WriteList(f, urls), f.Close()); err != nil {
		return ioError(err)
	}
	return nil
}

func originText(s *origin.Stats) string {
	parts := []string{
		fmt.Sprintf("%d requests", s.Requests),
		fmt.Sprintf("%d in flight at once", s.MaxInFlight),
		fmt.Sprintf("%d connections", s.Connections),
		fmt.Sprintf("%s sent", bytesText(s.BytesSent)),
	}
	if s.Abandoned > 0 {
		parts = append(parts, fmt.Sprintf("%d abandoned by the client", s.Abandoned))
	}
	if s.Refused > 0 {
		parts = append(parts, fmt.Sprintf("%d refused as malformed", s.Refused))
	}
	return strings.Join(parts, ", ")
}
