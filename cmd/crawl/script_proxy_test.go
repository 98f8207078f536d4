//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// askedProxies is what the proxies of a script were asked.
type askedProxies struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (a *askedProxies) add(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, fmt.Sprintf(format, args...))
}

func (s *script) proxied(ts *testscript.TestScript, _ []string) {
	s.asked.mu.Lock()
	defer s.asked.mu.Unlock()
	if len(s.asked.lines) == 0 {
		s.asked.lines = []string{"nothing"}
	}
	for _, line := range s.asked.lines {
		fmt.Fprintln(ts.Stdout(), line)
	}
	s.asked.lines = nil
}

// startProxy starts one. It goes to the test web for every name: who resolves a name shows in that it works.
func (s *script) startProxy(ts *testscript.TestScript, args []string) {
	user, socks := "", false
	for len(args) > 0 {
		switch {
		case args[0] == "-socks":
			socks = true
		case args[0] == "-user" && len(args) > 1:
			args = args[1:]
			user = args[0]
		default:
			fatal("what is %q?", args[0])
		}
		args = args[1:]
	}
	to := ts.Getenv("ADDR")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	s.closers = append(s.closers, ln)
	ts.Setenv("PROXY", ln.Addr().String())
	if socks {
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				go serveSOCKS(c, user, to, &s.asked)
			}
		}()
		return
	}
	server := &http.Server{Handler: httpProxy(user, to, &s.asked), ReadHeaderTimeout: bound}
	s.closers = append(s.closers, server)
	go func() { _ = server.Serve(ln) }()
}

// httpProxy forwards, and makes tunnels.
func httpProxy(user, to string, asked *askedProxies) http.Handler {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", to)
	}
	transport := &http.Transport{DialContext: dial, DisableCompression: true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credentials := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
		name, password, _ := credentials.BasicAuth()
		asked.add("%s %s Host: %s user: %s:%s", r.Method, r.RequestURI, r.Host, name, password)
		if user != "" && user != name+":"+password {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		r.Header.Del("Proxy-Authorization")
		if r.Method == http.MethodConnect {
			there, err := dial(r.Context(), "", "")
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			here, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
				pipe(here, there)
			}
			return
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		maps.Copy(w.Header(), answer.Header)
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	})
}

// serveSOCKS is SOCKS 5 as RFC 1928 and RFC 1929 have it.
func serveSOCKS(c net.Conn, user, to string, asked *askedProxies) {
	defer c.Close()
	in := bufio.NewReader(c)
	take := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(in, b)
		return b
	}
	text := func() string { return string(take(int(take(1)[0]))) }
	take(int(take(2)[1]))
	who := ""
	if user == "" {
		_, _ = c.Write([]byte{5, 0})
	} else {
		_, _ = c.Write([]byte{5, 2})
		take(1)
		who = text()
		who += ":" + text()
		if who != user {
			_, _ = c.Write([]byte{1, 1})
			return
		}
		_, _ = c.Write([]byte{1, 0})
	}
	host := ""
	switch take(4)[3] {
	case 1:
		host = net.IP(take(4)).String()
	case 3:
		host = text()
	}
	asked.add("SOCKS %s:%d user: %s", host, binary.BigEndian.Uint16(take(2)), who)
	there, err := net.Dial("tcp", to)
	if strings.HasPrefix(host, "forbidden") || err != nil {
		_, _ = c.Write([]byte{5, 2, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	pipe(c, there)
}

// pipe copies both ways until either ends.
func pipe(a, b net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(a, b)
		a.Close()
		b.Close()
	}()
	_, _ = io.Copy(b, a)
	a.Close()
	b.Close()
	<-done
}
