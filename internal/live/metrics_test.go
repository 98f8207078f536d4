package live

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

func scrape(t *testing.T, c *fakeCrawl) exposition {
	t.Helper()
	w := ask(New(Options{Crawl: c, ListSize: 10_000, Token: testToken}).Handler(), "GET", "/metrics", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	all, err := parseExposition(w.Body.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, w.Body)
	}
	return all
}

// TestMetrics: the figures of the crawl are those of the exposition, and the sum of the ledger holds there too.
func TestMetrics(t *testing.T) {
	all := scrape(t, busyCrawl())
	for _, c := range []struct {
		name, labels string
		want         float64
	}{
		{"crawl_state", `state="running"`, 1},
		{"crawl_state", `state="paused"`, 0},
		{"crawl_state", `state="done"`, 0},
		{"crawl_discovered_urls_total", "", 100},
		{"crawl_settled_urls_total", `outcome="fetched"`, 60},
		{"crawl_settled_urls_total", `outcome="failed"`, 7},
		{"crawl_settled_urls_total", `outcome="skipped"`, 3},
		{"crawl_pending_urls", "", 30},
		{"crawl_class_urls_total", `class="timeout.read"`, 5},
		{"crawl_class_urls_total", `class="dns.failed"`, 0},
		{"crawl_status_urls_total", `status="404"`, 9},
		{"crawl_fetches_begun_total", "", 95},
		{"crawl_fetches_repeated_total", "", 4},
		{"crawl_received_bytes_total", "", 1 << 20},
		{"crawl_list_read_bytes_total", "", 5000},
		{"crawl_in_flight_fetches", "", 20},
		{"crawl_in_flight_fetches_peak", "", 25},
		{"crawl_in_flight_fetches_limit", "", 50},
		{"crawl_retrying_urls", "", 6},
		{"crawl_pressure_total", `class="local.ports"`, 2},
		{"crawl_pressure_total", `class="local.memory"`, 0},
		{"crawl_elapsed_seconds_total", "", 14},
		{"crawl_paused_seconds_total", "", 4},
		{"crawl_eta_seconds", "", 130.0 * 10 / 70}, // 200 URLs by the bytes of the list
		{"crawl_fetch_duration_seconds_bucket", `le="0.000512"`, 0},
		{"crawl_fetch_duration_seconds_bucket", `le="0.001024"`, 70},
		{"crawl_fetch_duration_seconds_bucket", `le="1.048576"`, 75},
		{"crawl_fetch_duration_seconds_count", "", 75},
		{"crawl_fetch_duration_seconds_sum", "", 6},
		{"crawl_loop_lag_seconds_bucket", `le="1.024e-06"`, 1000},
		{"crawl_loop_lag_seconds_bucket", `le="3.2768e-05"`, 3990},
		{"crawl_loop_lag_seconds_count", "", 4000},
		{"crawl_loop_lag_seconds_sum", "", 1},
		{"crawl_loop_busy_seconds_total", "", 2},
		{"crawl_loop_idle_seconds_total", "", 8},
		{"crawl_loop_iterations_total", "", 1000},
		{"crawl_loop_tasks", "", 27},
		{"crawl_loop_descriptors", "", 22},
		{"crawl_live_viewers", "", 0},
		{"crawl_class_urls_total", `class="trap"`, 0},
		{"crawl_queued_urls", "", 4},
		{"crawl_hosts", "", 2},
		{"crawl_held_hosts", "", 1},
		{"crawl_depth_links", "", 3},
	} {
		got, ok := all.value(c.name, c.labels)
		if d := got - c.want; !ok || d > c.want*1e-6 || -d > c.want*1e-6 { // %g has six digits
			t.Errorf("%s{%s} is %v (there: %v), want %v", c.name, c.labels, got, ok, c.want)
		}
	}
	if n, want := len(all["crawl_class_urls_total"].series), len(fetch.Classes())+len(crawler.Skips()); n != want {
		t.Errorf("%d of %d classes", n, want)
	}
	if v, ok := all.value("crawl_heap_bytes", ""); !ok || v < 1 {
		t.Errorf("heap %v", v)
	}
}

// TestMetricsAbsent: what is not known is not there, rather than zero.
func TestMetricsAbsent(t *testing.T) {
	c := busyCrawl()
	c.figures.Loop, c.figures.Stats.Walk = nil, nil
	c.figures.Stats.Draining = true // no ETA
	all := scrape(t, c)
	for name := range all {
		if strings.HasPrefix(name, "crawl_loop_") || slices.Contains([]string{"crawl_eta_seconds", "crawl_queued_urls", "crawl_hosts", "crawl_held_hosts", "crawl_depth_links", "crawl_critical_path_seconds"}, name) {
			t.Errorf("%s is there", name)
		}
	}
	if v, _ := all.value("crawl_state", `state="ending"`); v != 1 {
		t.Errorf("ending is %v", v)
	}
}

// TestMetricsDocumented: docs/live.md lists the families that there are, with type and labels.
func TestMetricsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/live.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(crawl_\\w+)` \\| (\\w+) \\|(.*?)\\| ").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = m[2] + " " + strings.TrimSpace(strings.NewReplacer("`", "", ",", "").Replace(m[3]))
	}
	all := scrape(t, busyCrawl())
	for name, f := range all {
		labels := map[string]bool{}
		for _, s := range f.series {
			for l := range s.labels {
				if l != "le" {
					labels[l] = true
				}
			}
		}
		want := strings.TrimSpace(f.kind + " " + strings.Join(slices.Sorted(maps.Keys(labels)), " "))
		if got := strings.TrimSpace(documented[name]); got != want {
			t.Errorf("docs/live.md has %q for %s, which is %q", got, name, want)
		}
	}
	for name := range documented {
		if all[name] == nil && name != "crawl_resident_memory_bytes" {
			t.Errorf("docs/live.md has %s, which there is not", name)
		}
	}
}

// TestParseExposition is the test of the test: what the reader must not accept.
func TestParseExposition(t *testing.T) {
	const good = "# HELP a_total x y\n# TYPE a_total counter\na_total{b=\"c\"} 1\n"
	if _, err := parseExposition(good); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		good[:len(good)-1], good + good, good + "a_total{b=\"c\"} 2\n", good + "b_total 1\n",
		"a_total 1\n", "# HELP a_total\n# TYPE a_total counter\na_total 1\n", "# HELP a x\n# TYPE a counter\na 1\n",
		"# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "# HELP a x\n# TYPE a gauge\n",
		"# HELP a x\n# TYPE a gauge\na one\n", "# HELP a x\n# TYPE a gauge\na{b=c} 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"c\"d=\"e\"} 1\n",
		"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
		"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
		"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
		"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n",
	} {
		if _, err := parseExposition(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
