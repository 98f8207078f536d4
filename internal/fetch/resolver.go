package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"crawl/internal/dns"
	"crawl/internal/engine"
)

// The resolver of the C library or of package net gives no times to live, so an answer is kept for a while
// and a failure for a moment, that a list of ten thousand URLs of one host asks once.
const (
	keepAnswer  = time.Minute
	keepFailure = 5 * time.Second
	maxAnswers  = 10_000
)

// resolver turns names into addresses. It asks that of package dns, or else the system's resolver, off the loop, and
// asks once for a name however many fetches wait for it.
type resolver struct {
	engine engine.Engine
	dns    *dns.Resolver           // nil: the system's
	fixed  map[string][]netip.Addr // Options.Resolve, by "host:port"
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	mu    sync.Locker // guards what follows
	names map[string]*answer
}

// question is what a fetch has asked of the resolver. When it has been waited for it has an outcome: addresses, at least
// one, or an error that has a class.
type question interface {
	outcome() ([]netip.Addr, error)
}

// owed is an answer of package dns. As a pointer to what is there already it costs nothing to make.
type owed dns.Answer

func (o *owed) outcome() ([]netip.Addr, error) {
	if o.Err != nil {
		return nil, fail(dnsClass(o.Err), o.Err)
	}
	return o.Addrs, nil
}

// answer is what the system's resolver has to say of a name. It does not change any more once it has arrived.
type answer struct {
	addrs   []netip.Addr
	err     error
	expires time.Time   // zero while the question is out
	arrived engine.Cond // under resolver.mu
}

func (a *answer) outcome() ([]netip.Addr, error) { return a.addrs, a.err }

func newResolver(e engine.Engine, fixed map[string][]netip.Addr, own *dns.Resolver) *resolver {
	return &resolver{engine: e, dns: own, fixed: fixed, lookup: systemLookup, mu: e.NewMutex(), names: map[string]*answer{}}
}

// systemLookup gives IPv4 addresses as such, not mapped into IPv6, which LookupNetIP may do.
func systemLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// given are the addresses that the user gave for a host and port, or nil.
func (r *resolver) given(host string, port uint16) []netip.Addr {
	if len(r.fixed) == 0 {
		return nil
	}
	return r.fixed[fmt.Sprintf("%s:%d", host, port)]
}

// ask asks for a host that is not an address itself, and never waits. What is known, or on its way, is not asked for again.
// A task of its own does the lookup, so that a fetch that is cancelled takes no other with it. The time limit is for the
// system's resolver; the other has its own.
func (r *resolver) ask(host string, timeout time.Duration) question {
	if r.dns != nil {
		return (*owed)(r.dns.Ask(host))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.names[host]
	if a == nil || !a.expires.IsZero() && !r.engine.Now().Before(a.expires) {
		a = r.begin(host, timeout)
	}
	return a
}

// wait waits until a question has its outcome. The error that it returns is that of the wait.
func (r *resolver) wait(ctx context.Context, q question) (err error) {
	if o, ok := q.(*owed); ok {
		return r.dns.Wait(ctx, (*dns.Answer)(o))
	}
	a := q.(*answer)
	r.mu.Lock() // without defer, which makes the frame larger: see Client.Do
	for err == nil && a.expires.IsZero() {
		err = a.arrived.Wait(ctx)
	}
	r.mu.Unlock()
	return err
}

// begin starts a lookup. The caller holds the lock.
func (r *resolver) begin(host string, timeout time.Duration) *answer {
	if len(r.names) >= maxAnswers {
		r.forgetExpired()
	}
	a := &answer{arrived: r.engine.NewCond(r.mu, "answer of the resolver")}
	r.names[host] = a
	r.engine.Go("resolve", func(ctx context.Context) error {
		// The limit counts from here: there may be a wait for a thread, too.
		lookupCtx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		var addrs []netip.Addr
		err := r.engine.Blocking(ctx, func() (err error) {
			addrs, err = r.lookup(lookupCtx, host)
			return err
		})
		if err == nil && len(addrs) == 0 {
			err = &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		a.expires = r.engine.Now().Add(keepAnswer)
		if err != nil {
			a.expires = r.engine.Now().Add(keepFailure)
			a.err = fail(lookupClass(ctx, err), err)
		} else {
			a.addrs = addrs
		}
		a.arrived.Broadcast()
		return nil
	})
	return a
}

// forgetExpired makes room; if nothing has expired, all that is known goes: an answer costs a lookup, not more.
func (r *resolver) forgetExpired() {
	now := r.engine.Now()
	for _, all := range []bool{false, true} {
		for name, a := range r.names {
			if !a.expires.IsZero() && (all || !now.Before(a.expires)) {
				delete(r.names, name)
			}
		}
		if len(r.names) < maxAnswers {
			return
		}
	}
}

func lookupClass(ctx context.Context, err error) Class {
	var dnsErr *net.DNSError
	switch {
	case ctx.Err() != nil:
		return Cancelled
	case errors.As(err, &dnsErr) && dnsErr.IsNotFound:
		return DNSNotFound
	case errors.As(err, &dnsErr) && dnsErr.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		return DNSTimeout
	}
	return DNSFailed
}

// dnsClass is the class of an error of package dns.
func dnsClass(err error) Class {
	var e *dns.Error
	if !errors.As(err, &e) {
		return Internal
	}
	switch e.Kind {
	case dns.NotFound, dns.BadName:
		return DNSNotFound
	case dns.NoAddress:
		if e.Families != dns.Both {
			return ConnectFamily
		}
		return DNSNoData
	case dns.ServerFailure:
		return DNSServFail
	case dns.Refused:
		return DNSRefused
	case dns.Timeout:
		return DNSTimeout
	case dns.Local:
		return classFor(context.Background(), err, DNSTimeout)
	case dns.Cancelled:
		return Cancelled
	}
	return DNSFailed
}
