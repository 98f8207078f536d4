package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"crawl/internal/engine"
	"crawl/internal/live"
)

// shownHosts is how many of the busiest hosts the page has.
const shownHosts = 10

// A token that was given is at least as long as cannot be guessed, and is read from a file of no more than that.
const (
	minToken     = 16
	maxTokenFile = 4 << 10
)

// tokenVariable is the environment variable that has the token if no file does.
const tokenVariable = "CRAWL_TOKEN"

// liveFlags say where the live page is served.
type liveFlags struct {
	listen    string
	tokenFile string
}

func (l *liveFlags) add(f *pflag.FlagSet) {
	f.StringVar(&l.listen, "listen", "", "serve a live page and metrics at `ADDRESS:PORT`, as 127.0.0.1:0, which takes a free port")
	f.StringVar(&l.tokenFile, "listen-token", "", "token for pausing on that page, from `FILE` (default $CRAWL_TOKEN, or one made up); other addresses than loopback need one for everything")
}

// livePage is the page of a crawl before, while and after it is served. All methods do nothing on nil.
type livePage struct {
	listener  net.Listener
	token     string
	made      bool // the token is made up
	elsewhere bool // not only this machine can reach it
	conns     int  // for which descriptors are reserved; 0: there is no limit of them
	server    *live.Server
}

// open listens, so that everything that can be wrong is told before anything has happened. Without --listen it is nil.
func (l *liveFlags) open() (*livePage, error) {
	if l.listen == "" {
		if l.tokenFile != "" {
			return nil, usageError("--listen-token: is for --listen")
		}
		return nil, nil
	}
	addr, err := net.ResolveTCPAddr("tcp", l.listen)
	if err != nil {
		return nil, usageError("--listen %q: must be ADDRESS:PORT, as 127.0.0.1:8080: %w", l.listen, err)
	}
	p := &livePage{elsewhere: !live.Loopback(addr)}
	if p.token, err = l.token(); err != nil {
		return nil, err
	}
	if p.token == "" && p.elsewhere {
		return nil, &exitErr{
			code: exitUsage, err: fmt.Errorf("--listen %s: others can reach that address, so it needs a token", l.listen),
			hint: "give one with --listen-token FILE or in " + tokenVariable + ", or listen on 127.0.0.1",
		}
	}
	if p.token == "" {
		p.token, p.made = rand.Text(), true
	}
	listener, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return nil, ioError(fmt.Errorf("--listen: %w", err))
	}
	p.listener = listener
	return p, nil
}

// token is the one that was given, "" if none was.
func (l *liveFlags) token() (string, error) {
	token, from := os.Getenv(tokenVariable), tokenVariable
	if l.tokenFile != "" {
		from = "--listen-token " + l.tokenFile
		f, err := os.Open(l.tokenFile)
		if err != nil {
			return "", ioError(fmt.Errorf("--listen-token: %w", err))
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
		if err != nil {
			return "", ioError(fmt.Errorf("--listen-token: %w", err))
		}
		if len(data) > maxTokenFile {
			return "", usageError("%s: a file of more than %d bytes has no token", from, maxTokenFile)
		}
		token = strings.TrimSpace(string(data))
	} else if token == "" {
		return "", nil
	}
	strange := strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0
	if len(token) < minToken || strange {
		return "", usageError("%s: a token has %d printable ASCII characters or more, and no spaces", from, minToken)
	}
	return token, nil
}

// reserve leaves descriptors to the page.
func (p *livePage) reserve(plan *plan) {
	if p != nil && plan.limit > 0 {
		reserved := min(live.MaxConns, plan.maxConns/2)
		p.conns = max(1, reserved)
		plan.maxConns -= reserved
		plan.concurrency = min(plan.concurrency, plan.maxConns)
	}
}

// start serves the page of a crawl that has been started, and says where. Nothing is as quiet as not to say that: who asks for
// a free port wants to know which.
func (p *livePage) start(r *session) {
	if p == nil {
		return
	}
	p.server = live.New(live.Options{
		Crawl: crawlOf{r}, ListSize: r.listSize, Token: p.token, Everything: p.elsewhere, MaxConns: p.conns, Log: sayer{r},
	})
	url := live.URL(p.listener)
	if p.made {
		url += "#token=" + p.token // behind the # no browser sends it, and no proxy logs it
	}
	r.say("crawl: live page at %s\n", url)
	p.server.Start(p.listener)
}

// finish says on the page how the crawl ended, which err, the command's, decides, and closes it.
func (p *livePage) finish(r *session, err error) {
	if p == nil {
		return
	}
	f := crawlOf{r}.figures()
	f.Stats = r.ended
	p.server.Finish(f, outcome(err))
}

// outcome is what the exit code says, in a few words.
func outcome(err error) string {
	var e *exitErr
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return "failed"
	}
	switch e.code {
	case exitFailedURLs:
		if errors.Is(err, errInvalid) || errors.Is(err, errNotTaken) {
			return "some items are invalid"
		}
		return "some URLs failed"
	case exitLimit:
		return "a limit was reached"
	case exitInterrupted, exitTerminated, exitHungUp:
		return "interrupted"
	}
	return "failed"
}

func (p *livePage) close() {
	if p == nil {
		return
	}
	if p.server != nil {
		p.server.Close()
	}
	_ = p.listener.Close() // unless the server has
}

// crawlOf is the crawl of a session as the page sees it. What it is asked runs on the engine.
type crawlOf struct{ *session }

func (c crawlOf) figures() live.Figures {
	f := live.Figures{Stats: c.crawler.Stats(), Hosts: c.crawler.Hosts(shownHosts)}
	if e, ok := c.engine.(engine.LoopEngine); ok {
		loop := live.Loop(e.Load())
		f.Loop = &loop
	}
	return f
}

// Figures implements live.Crawl.
func (c crawlOf) Figures(ctx context.Context) (live.Figures, error) {
	return ask(ctx, c.engine, c.figures)
}

// Pause implements live.Crawl.
func (c crawlOf) Pause(ctx context.Context) error {
	return c.steer(ctx, "paused", func() { c.crawler.Pause() })
}

// Resume implements live.Crawl.
func (c crawlOf) Resume(ctx context.Context) error { return c.steer(ctx, "resumed", c.crawler.Resume) }

// steer does something that may change whether the crawl is paused, and says so at the terminal, where somebody
// may wonder. That is said on the engine, for it also happens when who has asked does not wait any more.
func (c crawlOf) steer(ctx context.Context, what string, do func()) error {
	_, err := ask(ctx, c.engine, func() bool {
		before := c.crawler.Stats().Paused
		do()
		changed := c.crawler.Stats().Paused != before
		if changed && !c.options.quiet {
			c.say("crawl: %s on the live page\n", what)
		}
		return changed
	})
	return err
}

// ask has the engine run fn and waits for what it returns, until ctx is done.
func ask[T any](ctx context.Context, e engine.Engine, fn func() T) (T, error) {
	answer := make(chan T, 1)
	e.Post(func() { answer <- fn() })
	if ctx.Err() == nil { // else both may be so, and nobody waits any more
		select {
		case t := <-answer:
			return t, nil
		case <-ctx.Done():
		}
	}
	var none T
	return none, errors.Join(errors.New("the engine does not answer"), ctx.Err())
}

// sayer writes lines to standard error as the session does.
type sayer struct{ r *session }

func (s sayer) Write(b []byte) (int, error) {
	s.r.say("crawl: %s\n", printable(strings.TrimSpace(string(b))))
	return len(b), nil
}
