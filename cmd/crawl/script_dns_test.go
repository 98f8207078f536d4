//go:build unix

package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/dns/dnsmessage"
)

// questions are what the name servers of a script were asked.
type questions struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (q *questions) add(asked dnsmessage.Question) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines = append(q.lines, strings.TrimPrefix(asked.Type.String(), "Type")+" "+asked.Name.String())
}

func (s *script) lookups(ts *testscript.TestScript, _ []string) {
	s.questions.mu.Lock()
	defer s.questions.mu.Unlock()
	for _, line := range s.questions.lines {
		fmt.Fprintln(ts.Stdout(), line)
	}
	s.questions.lines = nil
}

// nameserver starts a name server in this process. A name is its addresses, separated by commas, or the word for what
// becomes of the question; the names below it are the same; any other does not exist.
func (s *script) nameserver(ts *testscript.TestScript, args []string) {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	s.closers = append(s.closers, socket)
	ts.Setenv("DNS", socket.LocalAddr().String())
	world := map[string]string{}
	for _, arg := range args {
		name, what, ok := strings.Cut(arg, "=")
		if !ok {
			fatal("%q is not NAME=WHAT", arg)
		}
		world[name+"."] = what
	}
	go func() {
		buf := make([]byte, 4<<10)
		for {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil {
				continue
			}
			s.questions.add(m.Questions[0])
			if answerName(&m, world) {
				if raw, err := m.Pack(); err == nil {
					_, _ = socket.WriteTo(raw, from)
				}
			}
		}
	}()
}

// answerName makes an answer of a query. false: there is none.
func answerName(m *dnsmessage.Message, world map[string]string) bool {
	q := m.Questions[0]
	what := ""
	for name := q.Name.String(); what == "" && name != ""; _, name, _ = strings.Cut(name, ".") {
		what = world[name]
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	switch what {
	case "":
		m.RCode = dnsmessage.RCodeNameError
	case "servfail":
		m.RCode = dnsmessage.RCodeServerFailure
	case "refused":
		m.RCode = dnsmessage.RCodeRefused
	case "nodata":
	case "silence":
		return false
	default:
		for _, text := range strings.Split(what, ",") {
			addr := netip.MustParseAddr(text)
			h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}
			switch {
			case addr.Is4() && q.Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: addr.As4()}})
			case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
			}
		}
	}
	return true
}
