//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The clients, in the order in which each round runs them.
const (
	wrk           = "wrk"
	loopMode      = "loop"
	goroutineMode = "goroutine"
	netHTTP       = "nethttp"
)

// peerNames are all clients, and the names that -peers takes.
var peerNames = [...]string{wrk, loopMode, goroutineMode, netHTTP}

// work is one thing to measure: a list, a server and a number of fetches in flight.
type work struct {
	name  string
	title string
	conc  int
	urls  int              // lines of the list
	url   func(int) string // line i of the list, without its end
	from  origin
	peers []string // those that can do it
}

// workNames are the works in the order in which they run.
var workNames = [...]string{"a100", "a1000", "a10000", "b100", "b1000", "c1000", "c10000", "list10k", "list1m", "first", "strace", "demo"}

// expandWorks turns the value of -works into names, in running order and each once. Besides the
// names it takes a, b, c and list for all works that begin so, and all.
func expandWorks(s string) (out []string, err error) {
	words := strings.Split(s, ",")
	sets := []string{"a", "b", "c", "list"}
	for _, f := range words {
		if f != "all" && !slices.Contains(sets, f) && !slices.Contains(workNames[:], f) {
			return nil, fmt.Errorf("unknown work %q: choose from %s, or a, b, c, list, all", f, strings.Join(workNames[:], ", "))
		}
	}
	for _, n := range workNames {
		set := strings.TrimRight(n, "0123456789km")
		if slices.Contains(words, n) || slices.Contains(words, "all") || slices.Contains(sets, set) && slices.Contains(words, set) {
			out = append(out, n)
		}
	}
	return out, nil
}

// newWork describes the work of that name, which is one of those measured by a list: a, b, c, list.
func newWork(name string, urls int, n *nginx, s *slow) work {
	conc, _ := strconv.Atoi(strings.TrimLeft(name, "abc"))
	lists := []string{loopMode, goroutineMode, netHTTP}
	switch {
	case name[0] == 'a':
		return work{name, fmt.Sprintf("keep-alive, one host, %d in flight", conc), conc, urls, n.keepURL, n, peerNames[:]}
	case name[0] == 'b':
		return work{name, fmt.Sprintf("a new connection per fetch, %d addresses, %d in flight", hosts, conc), conc, urls, n.closeURL, n, peerNames[:]}
	case name[0] == 'c':
		return work{name, fmt.Sprintf("%d pages on %d addresses, each %v late, all at once", conc, hosts, slowDelay), conc, conc, s.url, s, lists}
	case name == "list10k":
		return work{name, fmt.Sprintf("a list of %d lines, 100 in flight", urls/10), 100, urls / 10, n.keepURL, n, lists[:1]}
	default:
		return work{name, fmt.Sprintf("a list of %d lines, 100 in flight", urls*10), 100, urls * 10, n.keepURL, n, lists[:1]}
	}
}

// listFile writes the first n lines of w's list into dir and returns the file's name.
func listFile(dir string, w work, n int) (_ string, err error) {
	name := filepath.Join(dir, fmt.Sprintf("%s-%d.txt", w.name, n))
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b := bufio.NewWriter(f)
	for i := range n {
		b.WriteString(w.url(i)) // its error stays with b until Flush
		b.WriteByte('\n')
	}
	return name, b.Flush()
}

// binaries are the programs that the harness built itself.
type binaries struct{ crawl, nethttp string }

// build compiles the clients that peers names into dir. root is the top of the repository.
func build(ctx context.Context, root, dir string, peers []string) (b binaries, err error) {
	b = binaries{crawl: filepath.Join(dir, "crawl"), nethttp: filepath.Join(dir, "nethttp")}
	ours := slices.Contains(peers, loopMode) || slices.Contains(peers, goroutineMode)
	for _, t := range []struct {
		wanted   bool
		out, pkg string
	}{{ours, b.crawl, "./cmd/crawl"}, {slices.Contains(peers, netHTTP), b.nethttp, "./bench/peers/nethttp"}} {
		if !t.wanted {
			continue
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-o", t.out, t.pkg)
		cmd.Dir = root
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0") // as make build has it
		if out, err := cmd.CombinedOutput(); err != nil {
			return b, fmt.Errorf("go build %s: %w\n%s", t.pkg, err, out)
		}
	}
	return b, nil
}

// command is the command line of a list client: it fetches list with conc in flight and writes a
// record per URL to out.
func (b binaries) command(peer, list, out string, conc int) []string {
	if peer == netHTTP {
		return []string{b.nethttp, "-i", list, "-o", out, "-c", strconv.Itoa(conc)}
	}
	return []string{b.crawl, "run", "-i", list, "-c", strconv.Itoa(conc), "--per-host", "0", "--mode", peer, "-o", out, "-q"}
}

// wrkCommand is the command line of wrk: it asks for one page over and over for some seconds. Its
// own time limit of 2 s would count slow answers among 10,000 as errors, so it is raised.
func wrkCommand(url string, conc, secs int) []string {
	return []string{"wrk", "-t1", "-c" + strconv.Itoa(conc), fmt.Sprintf("-d%ds", secs), "--timeout", "30s", url}
}
