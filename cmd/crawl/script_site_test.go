//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// sitesAsked is what the sites of a script were asked.
type sitesAsked struct {
	mu    sync.Mutex // guards what follows
	lines []string
	since time.Time // when the first of these may have come
	last  time.Time // when the last of these came
}

func (a *sitesAsked) add(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	host, _, _ := strings.Cut(r.Host, ":")
	a.lines, a.last = append(a.lines, host+" "+r.URL.RequestURI()), time.Now()
}

// document is a file of a site.
type document struct {
	status int
	fields [][2]string
	body   string
}

// site starts a server of the files in a folder, the same for every host. $NAME in them is a variable of the script.
// What stands in FILE.head are fields of its response, and the Status, if it is not 200.
func (s *script) site(ts *testscript.TestScript, args []string) {
	documents := map[string]*document{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.sites.add(r)
		d := documents[r.URL.Path]
		if d == nil {
			http.NotFound(w, r)
			return
		}
		for _, f := range d.fields {
			w.Header().Add(f[0], f[1])
		}
		w.WriteHeader(d.status)
		_, _ = w.Write([]byte(d.body)) // that the client has gone is no error of a server's
	}))
	s.closers = append(s.closers, closing{server})
	at := server.Listener.Addr().String()
	ts.Setenv(args[0], "http://"+at)
	ts.Setenv(args[0]+"_PORT", at[strings.LastIndexByte(at, ':')+1:])
	root := ts.MkAbs(args[1])
	check(filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(file, ".head") {
			return err
		}
		path := strings.TrimPrefix(file, root)
		d := readDocument(file, ts.Getenv)
		documents[path], documents[strings.TrimSuffix(path, "index.html")] = d, d
		return nil
	}))
	server.Start()
}

func readDocument(file string, getenv func(string) string) *document {
	body, err := os.ReadFile(file)
	check(err)
	d := &document{status: 200, body: os.Expand(string(body), getenv)}
	if kind := mime.TypeByExtension(filepath.Ext(file)); kind != "" {
		d.fields = append(d.fields, [2]string{"Content-Type", kind})
	}
	head, err := os.ReadFile(file + ".head")
	if os.IsNotExist(err) {
		return d
	}
	check(err)
	for line := range strings.Lines(os.Expand(string(head), getenv)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			fatal("%s.head: %q is not NAME: VALUE", file, line)
		}
		if name != "Status" {
			d.fields = append(d.fields, [2]string{name, value})
			continue
		}
		d.status, err = strconv.Atoi(value)
		check(err)
	}
	return d
}

// asked prints "127.0.0.1 /a?b" of each, and forgets them.
func (s *script) askedSites(ts *testscript.TestScript, _ []string) {
	s.sites.mu.Lock()
	defer s.sites.mu.Unlock()
	for _, line := range s.sites.lines {
		fmt.Fprintln(ts.Stdout(), line)
	}
	s.sites.lines, s.sites.since = nil, time.Now()
}

// lasted compares from when nobody had asked yet: what a busy machine does to a request makes it longer, never shorter.
func (s *script) lasted(_ *testscript.TestScript, args []string) {
	least, err := time.ParseDuration(args[0])
	check(err)
	s.sites.mu.Lock()
	defer s.sites.mu.Unlock()
	if took := s.sites.last.Sub(s.sites.since); took < least {
		fatal("the last of %d requests came after %v, before %v", len(s.sites.lines), took, least)
	}
}
