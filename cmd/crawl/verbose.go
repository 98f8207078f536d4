package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/report"
)

// verbose shows the fetch of one URL as curl's -v does: what happens ("* "), what is sent ("> ") and what comes ("< "),
// and at its end how long each phase took. Whatever comes from the network is made safe for a terminal, and what lets
// somebody in is not shown.
type verbose struct {
	w        io.Writer
	screen   func() screen // asked for when something is drawn
	attempts int
	hops     [][]fetch.Span
}

func newVerbose(w io.Writer, screen func() screen) *verbose { return &verbose{w: w, screen: screen} }

// masked stands for what is not shown.
const masked = "***"

// event is for fetch.Trace.
func (v *verbose) event(e *fetch.Event) {
	switch e.Kind {
	case fetch.EventBegin:
		v.hops = nil
		if v.attempts++; v.attempts > 1 {
			v.note("attempt %d", v.attempts)
		}
		v.note("%s", e.Text)
	case fetch.EventRequest:
		v.head("> ", e.Head)
	case fetch.EventInterim, fetch.EventHead, fetch.EventTrailers:
		v.head("< ", e.Head)
	case fetch.EventRedirect:
		v.note("redirect to %s", e.Text)
	case fetch.EventAgain:
		v.note("the connection was closed meanwhile (%v): once more on a fresh one", e.Err)
	case fetch.EventDecoded:
		v.note("decoded %s: %d bytes from %d", e.Text, e.Decoded, e.Coded)
	case fetch.EventHop:
		v.hops = append(v.hops, e.Spans)
	case fetch.EventEnd:
		v.end(e)
	default:
		v.connection(e)
	}
}

// connection is what happens before a request.
func (v *verbose) connection(e *fetch.Event) {
	took := durationText(e.Took, false)
	switch e.Kind {
	case fetch.EventAddresses:
		if e.Err != nil {
			v.note("%s: no address, after %s: %v", e.Text, took, e.Err)
			return
		}
		var all []string
		for _, a := range e.Addrs {
			all = append(all, a.String())
		}
		v.note("%s is %s: %s (%s)", e.Text, strings.Join(all, ", "), e.From, took)
	case fetch.EventConnecting:
		v.note("connecting to %s", e.Text)
	case fetch.EventConnected:
		v.note("connected to %s in %s", e.Text, took)
	case fetch.EventUnconnected:
		v.note("not connected to %s after %s: %v", e.Text, took, e.Err)
	case fetch.EventPressure:
		v.note("waiting to connect to %s, for this machine has nothing left for it: %v", e.Text, e.Err)
	case fetch.EventReused:
		v.note("using the connection to %s that was kept", e.Text)
	case fetch.EventTunnel:
		if e.Err != nil {
			v.note("no tunnel by %s to %s after %s: %v", e.Text, e.From, took, e.Err)
			return
		}
		v.note("tunnel by %s to %s in %s", e.Text, e.From, took)
	case fetch.EventTLS:
		v.handshake(e, took)
	}
}

func (v *verbose) handshake(e *fetch.Event, took string) {
	if e.Err != nil {
		v.note("no TLS with %s after %s: %v", e.Text, took, e.Err)
		var unverified *tls.CertificateVerificationError
		if errors.As(e.Err, &unverified) && len(unverified.UnverifiedCertificates) > 0 {
			v.certificate(unverified.UnverifiedCertificates[0])
			v.note("not verified: %v", unverified.Err)
		}
		return
	}
	s, how := e.State, "full handshake"
	if s.DidResume {
		how = "session resumed"
	}
	alpn := s.NegotiatedProtocol
	if alpn == "" {
		alpn = "none"
	}
	v.note("%s with %s in %s: %s, ALPN %s, %s", tls.VersionName(s.Version), e.Text, took, tls.CipherSuiteName(s.CipherSuite), alpn, how)
	if len(s.PeerCertificates) > 0 {
		v.certificate(s.PeerCertificates[0])
	}
	switch {
	case e.Insecure:
		v.note("not verified: -k asks for that")
	case len(s.VerifiedChains) > 0:
		chain := s.VerifiedChains[0]
		v.note("verified for %s by %s", e.Text, chain[len(chain)-1].Subject)
	default:
		v.note("verified for %s when the session began", e.Text)
	}
}

func (v *verbose) certificate(c *x509.Certificate) {
	v.note("certificate: subject %s; issuer %s; valid from %s to %s", c.Subject, c.Issuer,
		c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
}

// end says how the fetch ended, and draws how long everything took.
func (v *verbose) end(e *fetch.Event) {
	class := fetch.ClassOf(e.Err)
	if e.Err != nil {
		v.note("error: %v", e.Err)
	}
	if e.Response.Lag >= time.Millisecond {
		v.note("this machine was up to %s late", durationText(e.Response.Lag, false))
	}
	v.note("%s: %s", class, advice(class))
	var b strings.Builder
	for _, row := range waterfall(v.hops, e.Response.Timings.Total, v.screen()) {
		b.WriteString(row + "\n")
	}
	fmt.Fprint(v.w, b.String())
}

// note says one line of what happens.
func (v *verbose) note(format string, args ...any) {
	fmt.Fprintf(v.w, "* %s\n", report.Printable(maskUserinfo(fmt.Sprintf(format, args...))))
}

// head shows the lines of a head, without what is secret in it.
func (v *verbose) head(mark string, head []byte) {
	var b strings.Builder
	secret := false
	for line := range strings.Lines(string(head)) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		folded := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		if folded && secret { // a value may go on in the next line
			line = " " + masked
		} else {
			line, secret = maskField(line)
		}
		b.WriteString(strings.TrimRight(mark+report.Printable(line), " ") + "\n")
	}
	fmt.Fprint(v.w, b.String())
}

// maskField is a line of a head without its value if that is a secret one, and without user information.
func maskField(line string) (shown string, secret bool) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return maskUserinfo(line), false
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2", "cookie2":
		return name + ": " + masked, true
	case "location", "content-location", "refresh": // which browsers also take without "//"
		end := strings.IndexAny(value, "?#")
		if end < 0 {
			end = len(value)
		}
		if at := strings.LastIndexByte(value[:end], '@'); at >= 0 {
			scheme, _, ok := strings.Cut(value[:at], "//")
			if !ok {
				scheme = ""
			} else {
				scheme += "//"
			}
			return name + ":" + scheme + masked + value[at:], false
		}
	}
	return maskUserinfo(line), false
}

// maskUserinfo is a text whose URLs have no user information.
func maskUserinfo(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "//")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteString("//")
		end := strings.IndexAny(rest, "/?#\\ \t\"'<>")
		if end < 0 {
			end = len(rest)
		}
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			b.WriteString(masked)
			rest = rest[at:]
		}
		text = rest
	}
}
