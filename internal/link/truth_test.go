package link

import (
	"bufio"
	"compress/gzip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// TestSiteTruth: who follows the links that an Extractor finds reaches exactly the pages that others have found. CRAWL_SITES has the
// folder into which sites/serve.sh of the shared suites unpacks them; files take the place of its web server.
func TestSiteTruth(t *testing.T) {
	root, _, _ := strings.Cut(os.Getenv("CRAWL_SITES"), ":")
	if root == "" {
		t.Skip("CRAWL_SITES does not say where pages of real sites are")
	}
	for name, site := range map[string]struct{ folder, start string }{
		"python":   {"python3.11-doc/usr/share/doc/python3.11/html", "http://127.0.1.1:8700/"},
		"openjdk":  {"openjdk-17-doc/usr/share/doc/openjdk-17-jre-headless", "http://127.0.1.2:8700/api/index.html"},
		"handbook": {"debian-handbook/usr/share/doc/debian-handbook/html", "http://127.0.1.5:8700/en-US/index.html"},
		"postgres": {"postgresql-doc-15/usr/share/doc/postgresql-doc-15/html", "http://127.0.1.6:8700/"},
		"git":      {"git-doc/usr/share/doc/git-doc", "http://127.0.1.7:8700/"},
	} {
		t.Run(name, func(t *testing.T) {
			want := truth(t, name)
			start := mustParse(t, site.start)
			got := follow(t, filepath.Join(root, site.folder), start)
			for target := range got {
				if !want[target] {
					t.Errorf("%s is found, and nowhere else", target)
				}
			}
			for target := range want {
				if !got[target] {
					t.Errorf("%s is not found", target)
				}
			}
			t.Logf("%d pages", len(got))
		})
	}
}

// truth is the targets that a site has.
func truth(t *testing.T, name string) map[string]bool {
	t.Helper()
	f, err := os.Open(suites.Path("sites/" + name + ".pages.tsv.gz"))
	if err != nil {
		t.Skipf("SKIPPED, the suite is not there: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		target, _, _ := strings.Cut(lines.Text(), "\t")
		if strings.HasPrefix(target, "/") {
			want[target] = true
		}
	}
	if lines.Err() != nil || len(want) < 100 {
		t.Fatalf("%d pages, %v", len(want), lines.Err())
	}
	return want
}

// follow returns the targets that can be reached from start by what leads to other documents.
func follow(t *testing.T, root string, start URL) map[string]bool {
	t.Helper()
	x, canon := NewExtractor(ExtractorOptions{}), &Canon{}
	seen, queue := map[string]bool{start.Target(): true}, []URL{start}
	for len(queue) > 0 {
		u := queue[0]
		queue = queue[1:]
		body, ok := serve(t, root, &u)
		if !ok {
			continue
		}
		x.Begin(HTML, "")
		for len(body) > 0 {
			n := min(len(body), 16<<10)
			x.Write(body[:n])
			body = body[n:]
		}
		x.End(&u)
		for l := range x.Links {
			if l.Err != nil || l.Kind > KindRefresh || l.URL.Origin() != start.Origin() {
				continue
			}
			if v := canon.Request(&l.URL); !seen[v.Target()] {
				seen[v.Target()] = true
				queue = append(queue, v)
			}
		}
	}
	return seen
}

// serve is the page at u, if it is one in HTML.
func serve(t *testing.T, root string, u *URL) (body []byte, ok bool) {
	t.Helper()
	path, err := url.PathUnescape(u.Target()[:u.pathLen()])
	if err != nil {
		return nil, false
	}
	names := []string{path}
	if strings.HasSuffix(path, "/") {
		names = []string{path + "index.html", path + "index.htm", path + "index.en.html"}
	}
	for _, name := range names {
		switch filepath.Ext(name) {
		case ".html", ".htm", ".shtml", ".xhtml":
			body, err := os.ReadFile(filepath.Join(root, name))
			if err == nil {
				return body, true
			}
		}
	}
	return nil, false
}
