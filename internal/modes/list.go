package modes

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"crawl/internal/link"
)

// A list is the URLs that the fetches of a job take in turn: fetch i takes line i, modulo their number.
type list struct {
	lines []string
	urls  []link.URL              // the same
	addrs map[string][]netip.Addr // of the names among their hosts, by "host:port"
}

var (
	errNoLines   = errors.New("no URLs")
	errBlankLine = errors.New("a blank line")
)

// readList reads what the job needs of its list. With a Step that is not all of it; the lines come around after
// as many fetches as there are lines, divided by what Step and that have in common.
func readList(ctx context.Context, s Spec) (list, error) {
	l, err := readLines(s)
	if err != nil {
		return list{}, fmt.Errorf("modes: list %q: %w", s.List, err)
	}
	l.lookUp(ctx)
	return l, nil
}

func readLines(s Spec) (l list, err error) {
	f, err := os.Open(s.List)
	if err != nil {
		return l, err
	}
	defer f.Close()
	count := 0
	if err := eachLine(f, func(string) error { count++; return nil }); err != nil {
		return l, err
	}
	if count == 0 {
		return l, errNoLines
	}
	round := min(s.Fetches, count/common(count, s.Step))
	fetchOf := make([]int32, count) // which takes a line first, plus one
	for i := range round {
		fetchOf[(s.First+i*s.Step)%count] = int32(i) + 1
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return l, err
	}
	l.lines, l.urls = make([]string, round), make([]link.URL, round)
	n := 0
	err = eachLine(f, func(line string) error {
		if n++; n > count || fetchOf[n-1] == 0 {
			return nil
		}
		i := fetchOf[n-1] - 1
		l.lines[i] = line
		if l.urls[i], err = link.Parse(line); err != nil {
			return fmt.Errorf("line %d: %q: %w", n, line, err)
		}
		return nil
	})
	return l, err
}

// eachLine calls fn for each line of r. There are no blank ones, so that nobody counts differently.
func eachLine(r io.Reader, fn func(line string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, link.MaxURL+2)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" {
			return fmt.Errorf("line %d: %w", n, errBlankLine)
		}
		if err := fn(line); err != nil {
			return err
		}
	}
	return lines.Err()
}

// common is the greatest common divisor.
func common(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// addresses are those of a URL's host, none if it has a name without an answer.
func (l *list) addresses(u *link.URL) []netip.Addr {
	if a, err := netip.ParseAddr(u.Host()); err == nil {
		return []netip.Addr{a}
	}
	return l.addrs[fmt.Sprintf("%s:%d", u.Host(), u.Port())]
}

// resolved is the "host:port" with the address that was looked up for the host before the work, as for the other modes.
func (l *list) resolved(address string) string {
	if found := l.addrs[address]; len(found) > 0 {
		_, port, _ := net.SplitHostPort(address) // it is a key of addrs
		return net.JoinHostPort(found[0].String(), port)
	}
	return address
}

// lookUp asks for the names before the work, which is not about the resolver. A name without an answer is left
// to the work, which will find none either.
func (l *list) lookUp(ctx context.Context) {
	l.addrs = map[string][]netip.Addr{}
	asked := map[string][]netip.Addr{}
	for i := range l.urls {
		u := &l.urls[i]
		if _, err := netip.ParseAddr(u.Host()); err == nil {
			continue
		}
		addrs, known := asked[u.Host()]
		if !known {
			addrs, _ = net.DefaultResolver.LookupNetIP(ctx, "ip", u.Host())
			for k := range addrs {
				addrs[k] = addrs[k].Unmap()
			}
			asked[u.Host()] = addrs
		}
		if len(addrs) > 0 {
			l.addrs[fmt.Sprintf("%s:%d", u.Host(), u.Port())] = addrs
		}
	}
}
