package origin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func newWeb(t testing.TB, cfg Config) *Web {
	t.Helper()
	if cfg.Port == 0 {
		cfg.Port = 8080
	}
	w, err := NewWeb(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWebFollowsFromSeed(t *testing.T) {
	cfg := Config{Addresses: 3, Pages: 20, Links: 8, Size: Size{1500, 3000}, Seed: 7, Latency: Exponential(time.Second)}
	a, b := newWeb(t, cfg), newWeb(t, cfg)
	cfg.Seed = 8
	other := newWeb(t, cfg)
	differ := 0
	for i := range a.Len() {
		_, _, x := a.Page(i)
		_, _, y := b.Page(i)
		_, _, z := other.Page(i)
		wantBytes(t, a.URL(i), x, y)
		want(t, "delay of "+a.URL(i), a.Delay(a.URL(i)), b.Delay(b.URL(i)))
		if !bytes.Equal(x, z) && a.Delay(a.URL(i)) != other.Delay(a.URL(i)) {
			differ++
		}
	}
	want(t, "pages that differ under another seed", differ, a.Len())
}

// These digests pin the web across versions of Go, systems and changes of this package: a recorded
// crawl can be checked years later.
func TestWebIsPinned(t *testing.T) {
	w := newWeb(t, Config{Addresses: 64, Pages: 1000, Links: 12, Size: Size{2048, 4096}, Seed: 1})
	for i, digest := range map[int]string{0: "10f41c7a26129815", 12345: "23669ca68a9a57ff"} {
		_, _, body := w.Page(i)
		sum := sha256.Sum256(body)
		want(t, "digest of "+w.URL(i), hex.EncodeToString(sum[:8]), digest)
	}
}

func TestPagesHaveTheirSize(t *testing.T) {
	tight := Config{Addresses: 2, Pages: 101, Links: 9, Size: Size{1, 1}}
	if _, err := NewWeb(Config{Port: 8080, Addresses: 2, Pages: 101, Links: 9, Size: tight.Size}); !errors.Is(err, ErrConfig) {
		t.Errorf("pages too small for their links: %v", err)
	}
	least := newWeb(t, Config{Addresses: 2, Pages: 101, Links: 9}).leastPage()
	for _, z := range []Size{{}, {least, least}, {least, least + 9}, {200_000, 200_000}} {
		w := newWeb(t, Config{Addresses: 2, Pages: 101, Links: 9, Size: z})
		seen := map[int]int{}
		for i := range w.Len() {
			status, contentType, body := w.Page(i)
			if status != 200 || contentType != typeHTML || bytes.Count(body, []byte("<a href=")) != 9 ||
				!bytes.HasPrefix(body, []byte("<!doctype html>")) || !bytes.HasSuffix(body, []byte("</html>\n")) {
				t.Fatalf("page %d: %d %s %q", i, status, contentType, body)
			}
			seen[len(body)]++
		}
		if z == (Size{}) {
			z = Size{2048, 2048}
		}
		want(t, "number of sizes", len(seen), z.Max-z.Min+1)
		for size := range seen {
			if size < z.Min || size > z.Max {
				t.Errorf("a page of %d bytes, outside of %v", size, z)
			}
		}
	}
}

// hrefs returns the links of a document, resolved, in order.
func hrefs(t *testing.T, base string, body []byte) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllSubmatch(body, -1) {
		b, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Parse(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, r.String())
	}
	return found
}

func TestLinksReachWhatTheyPromise(t *testing.T) {
	for _, tc := range []struct {
		cfg   Config
		reach int // pages found from page 0 of any host
	}{
		{Config{Addresses: 5, Pages: 37, Links: 0}, 1},
		{Config{Addresses: 5, Pages: 37, Links: 1}, 37},
		{Config{Addresses: 5, Pages: 37, Links: 2}, 5 * 37},
		{Config{Addresses: 5, Pages: 37, Links: 7}, 5 * 37},
		{Config{Hosts: 4, Pages: 11, Links: 5}, 4 * 11},
		{Config{Pages: 50, Links: 20}, 50},
		{Config{Pages: 1, Links: 3}, 1},
	} {
		w := newWeb(t, tc.cfg)
		index := map[string]int{}
		for i := range w.Len() {
			index[w.URL(i)] = i
		}
		for first := range w.Hosts() {
			seen := map[int]bool{first: true}
			for queue := []int{first}; len(queue) > 0; queue = queue[1:] {
				_, _, body := w.Page(queue[0])
				truth := w.Links(queue[0])
				links := hrefs(t, w.URL(queue[0]), body)
				want(t, "number of links", len(links), len(truth))
				for k, link := range links {
					i, ok := index[link]
					if !ok || i != truth[k] {
						t.Fatalf("%+v: page %d, link %d is %s, want %s", tc.cfg, queue[0], k, link, w.URL(truth[k]))
					}
					if !seen[i] {
						seen[i] = true
						queue = append(queue, i)
					}
				}
			}
			want(t, "pages reached", len(seen), tc.reach)
		}
	}
}

func TestURLsAndLookup(t *testing.T) {
	w := newWeb(t, Config{Addresses: 3, Pages: 4, Robots: "User-agent: *\nDisallow:\n"})
	want(t, "Len", w.Len(), 12)
	want(t, "URL(0)", w.URL(0), "http://127.0.1.1:8080/p/0")
	want(t, "URL(5)", w.URL(5), "http://127.0.1.3:8080/p/1")
	want(t, "address 251", newWeb(t, Config{Addresses: 251}).Hosts()[250], "127.0.2.1:8080")
	want(t, "port 80", newWeb(t, Config{Port: 80}).URL(0), "http://127.0.0.1/p/0")
	want(t, "host by name", newWeb(t, Config{Hosts: 3}).URL(5), "http://h3.localhost:8080/p/1")
	_, _, page := w.Page(5)
	for _, tc := range []struct {
		url    string
		status int
		body   string
	}{
		{w.URL(5), 200, string(page)},
		{w.URL(5) + "?q=1#part", 200, string(page)},
		{w.URL(12), 404, "no such page\n"},
		{"http://127.0.1.1:8080/p/01", 404, "no such page\n"},
		{"http://127.0.1.1:8080/p/-1", 404, "no such page\n"},
		{"http://127.0.1.1:8080/p/", 404, "no such page\n"},
		{"http://127.0.1.1:8080/p/99999999999999999999", 404, "no such page\n"},
		{"http://127.0.1.1:8080", 301, "the first page is /p/0\n"},
		{"http://127.0.1.1:8080?q", 301, "the first page is /p/0\n"},
		{"http://127.0.1.1:8080/robots.txt", 200, "User-agent: *\nDisallow:\n"},
		{"http://127.0.1.1:8080/sitemap-1.xml", 404, "no such page\n"},
		{"http://127.0.1.1:8080/f/size/5", 0, ""},
		{"http://127.0.1.1:8080/-/stats", 0, ""},
		{"http://127.0.1.4:8080/p/0", 0, ""},
		{"https://127.0.1.1:8080/p/0", 0, ""},
		{"", 0, ""},
	} {
		status, _, body := w.Lookup(tc.url)
		want(t, "status of "+tc.url, status, tc.status)
		want(t, "body of "+tc.url, string(body), tc.body)
	}
	var list strings.Builder
	if err := w.WriteList(&list, 100); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(list.String(), "\n"), "\n") {
		want(t, "line", line, w.URL(i))
	}
	want(t, "lines", strings.Count(list.String(), "\n"), 100)
	if err := w.WriteList(brokenWriter{}, 10); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("writing to a broken writer: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestSitemapListsEveryPage(t *testing.T) {
	for _, pages := range []int{3, sitemapURLs, sitemapURLs + 1} {
		w := newWeb(t, Config{Addresses: 2, Pages: pages})
		base := "http://" + w.Hosts()[1]
		maps := []string{base + "/sitemap.xml"}
		if pages > sitemapURLs {
			maps = locations(t, w, maps[0], "sitemap")
			want(t, "sitemaps", len(maps), 2)
		}
		var urls []string
		for _, m := range maps {
			urls = append(urls, locations(t, w, m, "url")...)
		}
		want(t, "URLs", len(urls), pages)
		for n, u := range urls {
			if u != w.URL(2*n+1) {
				t.Fatalf("URL %d is %s, want %s", n, u, w.URL(2*n+1))
			}
		}
	}
}

func locations(t *testing.T, w *Web, url, element string) []string {
	t.Helper()
	status, contentType, body := w.Lookup(url)
	want(t, "status of "+url, status, 200)
	want(t, "type of "+url, contentType, typeXML)
	var doc struct {
		Entries []struct {
			XMLName xml.Name
			Loc     string `xml:"loc"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	var locs []string
	for _, e := range doc.Entries {
		want(t, "element", e.XMLName.Local, element)
		locs = append(locs, e.Loc)
	}
	return locs
}

func TestFillerIsOnePrefixOfTheOther(t *testing.T) {
	w := newWeb(t, Config{})
	long := w.Filler(3*textSize + 5)
	for _, n := range []int{0, 1, textSize - 1, textSize, textSize + 1, 3 * textSize} {
		wantBytes(t, "filler", w.Filler(n), long[:n])
	}
	if i := bytes.IndexFunc(long, func(r rune) bool { return r >= 0x7f || r < ' ' && r != '\n' || strings.ContainsRune(`<>&"'`, r) }); i >= 0 {
		t.Errorf("byte %d of the text is %q", i, long[i])
	}
}

func TestConfigErrors(t *testing.T) {
	for _, cfg := range []Config{
		{Port: 0},
		{Port: 65536},
		{Port: 1, Addresses: -1},
		{Port: 1, Addresses: maxAddresses + 1},
		{Port: 1, Addresses: 2, Hosts: 2},
		{Port: 1, Pages: -1},
		{Port: 1, Links: -1},
		{Port: 1, Links: 100},
		{Port: 1, Size: Size{2000, 1000}},
		{Port: 1, Size: Size{1, maxPageSize + 1}},
		{Port: 1, LogRequests: -1},
	} {
		if _, err := NewWeb(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: error %v", cfg, err)
		}
	}
}

func TestSizeText(t *testing.T) {
	for text, size := range map[string]Size{
		"2048": {2048, 2048}, "2KiB": {2048, 2048}, "1KiB-64KiB": {1024, 65536}, "500-1MiB": {500, 1 << 20}, "0": {}, "7 B": {7, 7},
	} {
		got, err := ParseSize(text)
		if err != nil || got != size {
			t.Errorf("ParseSize(%q) = %v, %v", text, got, err)
		}
		if again, err := ParseSize(got.String()); err != nil || again != got {
			t.Errorf("%v is written %q and read %v, %v", got, got.String(), again, err)
		}
	}
	for _, text := range []string{"", "x", "-1", "2KB", "64KiB-1KiB", "1-", "9999999999", "4294967296MiB", "1.5KiB"} {
		if got, err := ParseSize(text); !errors.Is(err, ErrConfig) {
			t.Errorf("ParseSize(%q) = %v, %v", text, got, err)
		}
	}
}
