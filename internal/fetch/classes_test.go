//go:build unix

package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/http1"
	"crawl/internal/origin"
)

// scenario is a fetch that ends with a class.
type scenario struct {
	class   Class
	name    string
	options Options
	request Request
	lookup  func(ctx context.Context, host string) ([]netip.Addr, error)
	engine  func(engine.Engine) engine.Engine
	cancel  time.Duration                            // the whole is cancelled after that, if not 0
	url     func(t *testing.T) string                // or
	path    string                                   // of the test web, or
	answer  string                                   // of a server that closes then
	then    func(t *testing.T, c *Client, v *visit)  // looks closer
	takes   func(o *Options) (atLeast time.Duration) // a limit that has to pass
}

func connectTimeout(o *Options) time.Duration { return o.ConnectTimeout }
func timeout(o *Options) time.Duration        { return o.Timeout }
func totalTimeout(o *Options) time.Duration   { return o.TotalTimeout }

func at(rawURL string) func(*testing.T) string { return func(*testing.T) string { return rawURL } }

// deaf is a server that reads nothing.
func deaf(t *testing.T) string { return serve(t, func(*peer) { <-t.Context().Done() }).base }

// stalling is a server that sends this much and then nothing.
func stalling(sent string) func(*testing.T) string {
	return func(t *testing.T) string {
		return serve(t, func(p *peer) {
			p.request()
			p.send(sent)
			p.idle()
		}).base
	}
}

// denying is an engine on which the system has run out of something for as long as is waited for it. Waiting
// takes no time.
type denying struct {
	shifted
	errno syscall.Errno
}

func without(errno syscall.Errno) func(engine.Engine) engine.Engine {
	return func(e engine.Engine) engine.Engine { return denying{newShifted(e), errno} }
}

func (d denying) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", d.errno)}
}

func (d denying) Sleep(ctx context.Context, pause time.Duration) error {
	d.advance(pause)
	return d.Engine.Sleep(ctx, 0)
}

func answerOf(addrs []netip.Addr, err error) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) { return addrs, err }
}

const short = 50 * time.Millisecond // a limit that is to pass

// A server has this long for its first bytes where it is their sequel that must not come.
const patient = 300 * time.Millisecond

// large is a request body that fits into no socket.
func large() []byte { return make([]byte, 32<<20) }

// scenarios has at least one for each class.
func scenarios() []scenario {
	named := at("http://name.test/")
	wait := func(ctx context.Context, _ string) ([]netip.Addr, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	patience := func(*Options) time.Duration { return pressurePatience }
	return []scenario{
		{class: OK, name: "200", path: "/f/size/10"},
		{class: OK, name: "500", path: "/f/status/500"},
		{class: OK, name: "100 after the name", url: named, lookup: answerOf(nil, nil), options: Options{Resolve: map[string][]netip.Addr{"name.test:80": nil}}, class2nd: DNSNotFound},
	}
}
