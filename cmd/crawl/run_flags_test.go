package main

import (
	"bytes"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/http1"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]rate{
		"100/s": 100, "100": 100, "30/m": 0.5, "36/h": 0.01, "0.5/s": 0.5, "1e3/s": 1000,
		"1e9/s": 1e9, "6e10/m": 1e9, "0.0036/h": 1e-6,
	} {
		var r rate
		if err := r.Set(text); err != nil || r != want {
			t.Errorf("%q: %v, %v, want %v", text, float64(r), err, float64(want))
		}
	}
	for _, text := range []string{
		"", "/s", "/", "100/", "s", "fast", "0", "0/s", "-1", "-1/s", "5/d", "5/S", "5/s/s", " 5/s", "5 /s", "5/ s",
		"NaN", "Inf", "+Inf/h", "1e10", "1e400", "1e-300", "0.003/h",
	} {
		r := rate(7)
		if err := r.Set(text); err == nil {
			t.Errorf("%q: taken as %v", text, float64(r))
		} else if r != 7 {
			t.Errorf("%q: refused, and yet it is %v now", text, float64(r))
		}
	}
}

func TestRateString(t *testing.T) {
	for r, want := range map[rate]string{0: "", 100: "100/s", 0.5: "0.5/s", 1e6: "1e+06/s"} {
		if got := r.String(); got != want {
			t.Errorf("%v: %q, want %q", float64(r), got, want)
		}
	}
}

func FuzzRate(f *testing.F) {
	for _, text := range []string{"100/s", "30/m", "5/h", "1e-6", "0x1p-2/h", "NaN", "1_0/s", "/", "1e9/s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r, again rate
		if r.Set(text) != nil {
			if r != 0 {
				t.Fatalf("%q: refused, and yet it is %v", text, float64(r))
			}
			return
		}
		if !(r >= minRate && r <= maxRate) {
			t.Fatalf("%q: %v is out of range", text, float64(r))
		}
		if err := again.Set(r.String()); err != nil || again != r {
			t.Fatalf("%q: %v is written %q, which is %v, %v", text, float64(r), r.String(), float64(again), err)
		}
	})
}

func TestSize(t *testing.T) {
	for text, want := range map[string]size{
		"1": 1, "500000": 500_000, "1B": 1, "64KiB": 64 << 10, "8MiB": 8 << 20, "1GiB": 1 << 30, "2TiB": 2 << 40,
		"10KB": 10_000, "10MB": 10_000_000, "1GB": 1e9, "1TB": 1e12,
		"8mib": 8 << 20, "8 MiB": 8 << 20, "1.5KiB": 1536, "0.5KiB": 512, "1e3": 1000,
	} {
		var b size
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%q: %d, %v, want %d", text, b, err, want)
		}
	}
	for _, text := range []string{
		"", "B", "MiB", "0", "0MiB", "-1", "-1KiB", "0.5", "big", "8MiBs", "8 M", "8MiB ", "NaN", "InfGiB", "1e400",
		"5000000TiB", "1e19",
	} {
		b := size(7)
		if err := b.Set(text); err == nil {
			t.Errorf("%q: taken as %d", text, b)
		} else if b != 7 {
			t.Errorf("%q: refused, and yet it is %d now", text, b)
		}
	}
}

func TestSizeString(t *testing.T) {
	for b, want := range map[size]string{
		1: "1", 1023: "1023", 1024: "1KiB", 1536: "1536", 8 << 20: "8MiB", 1 << 30: "1GiB", 3 << 40: "3TiB", 1_000_000: "1000000",
	} {
		if got := b.String(); got != want {
			t.Errorf("%d: %q, want %q", int64(b), got, want)
		}
	}
}

func FuzzSize(f *testing.F) {
	for _, text := range []string{"500000", "64KiB", "8MiB", "1.5GB", "0x10B", "1e3", "NaN", "4611686018427387903", " 1 KiB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b, again size
		if b.Set(text) != nil {
			if b != 0 {
				t.Fatalf("%q: refused, and yet it is %d", text, b)
			}
			return
		}
		if b < 1 {
			t.Fatalf("%q: %d", text, b)
		}
		if err := again.Set(b.String()); err != nil || again != b {
			t.Fatalf("%q: %d is written %q, which is %d, %v", text, int64(b), b.String(), int64(again), err)
		}
	})
}

// fetchFlagsOf parses a command line of flags that say how to fetch.
func fetchFlagsOf(t *testing.T, args ...string) (*fetchFlags, error) {
	t.Helper()
	h := &fetchFlags{}
	f := pflag.NewFlagSet("run", pflag.ContinueOnError)
	h.add(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return h, h.check()
}

func TestResolve(t *testing.T) {
	h, err := fetchFlagsOf(t,
		"--resolve", "Example.COM:80:127.0.0.1", "--resolve", "example.com:080:127.0.0.2,::1",
		"--resolve", "example.com:443:[::2]", "--resolve", "10.0.0.1:81:127.0.0.3")
	if err != nil {
		t.Fatal(err)
	}
	addrs := func(text ...string) (all []netip.Addr) {
		for _, a := range text {
			all = append(all, netip.MustParseAddr(a))
		}
		return all
	}
	want := map[string][]netip.Addr{
		"example.com:80":  addrs("127.0.0.1", "127.0.0.2", "::1"), // rules for one host and port add up
		"example.com:443": addrs("::2"),
		"10.0.0.1:81":     addrs("127.0.0.3"),
	}
	if !reflect.DeepEqual(h.parsedResolve, want) {
		t.Errorf("got %v, want %v", h.parsedResolve, want)
	}
	for _, rule := range []string{
		"", "h", "h:80", ":80:127.0.0.1", "h:0:127.0.0.1", "h:65536:127.0.0.1", "h:http:127.0.0.1", "h:-1:127.0.0.1",
		"h:80:", "h:80:127.0.0.1,", "h:80:localhost", "h:80:127.0.0.1:80",
	} {
		if h, err := fetchFlagsOf(t, "--resolve", rule); err == nil {
			t.Errorf("%q: taken as %v", rule, h.parsedResolve)
		}
	}
}

func TestFields(t *testing.T) {
	agent, accept := http1.Pair{Name: "User-Agent", Value: "crawl/" + version}, http1.Pair{Name: "Accept", Value: "*/*"}
	codings := http1.Pair{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"}
	cases := []struct {
		name string
		args []string
		want []http1.Pair
	}{
		{"none", nil, []http1.Pair{agent, accept, codings}},
		{"added, in order", []string{"-H", "A: 1", "-H", "B:2", "-H", "a: 3"}, []http1.Pair{agent, accept, codings, {Name: "A", Value: "1"}, {Name: "B", Value: "2"}, {Name: "a", Value: "3"}}},
		{"a value with a colon", []string{"-H", "A: b: c"}, []http1.Pair{agent, accept, codings, {Name: "A", Value: "b: c"}}},
		{"an empty value", []string{"-H", "A:"}, []http1.Pair{agent, accept, codings, {Name: "A"}}},
		{"replaced", []string{"-H", "user-agent: me", "-H", "ACCEPT: text/html"}, []http1.Pair{{Name: "User-Agent", Value: "me"}, {Name: "Accept", Value: "text/html"}, codings}},
		{"left out", []string{"-H", "User-Agent:", "-H", "Accept:"}, []http1.Pair{codings}},
		{"-A", []string{"-A", "me"}, []http1.Pair{{Name: "User-Agent", Value: "me"}, accept, codings}},
		{"-A of nothing", []string{"-A", ""}, []http1.Pair{accept, codings}},
		{"other codings", []string{"-H", "accept-encoding: br"}, []http1.Pair{agent, accept, {Name: "accept-encoding", Value: "br"}}},
		{"no codings of a range", []string{"-H", "Range: bytes=0-9"}, []http1.Pair{agent, accept, {Name: "Range", Value: "bytes=0-9"}}},
		{"no codings", []string{"--compressed=false"}, []http1.Pair{agent, accept}},
	}
	for _, c := range cases {
		h, err := fetchFlagsOf(t, c.args...)
		if err != nil || !reflect.DeepEqual(h.fields(), c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, h.fields(), err, c.want)
		}
	}
	for _, line := range []string{"", ":", ": x", "A", "A b: x", "A : x\x00", "Ä: x", "Host: x", "content-length: 5", "Transfer-Encoding: chunked"} {
		if h, err := fetchFlagsOf(t, "-H", line); err == nil {
			t.Errorf("-H %q: taken as %v", line, h.fields())
		}
	}
}

func TestPlan(t *testing.T) {
	const many = 1 << 20
	cases := []struct {
		name  string
		work  workFlags
		limit int
		want  plan
		says  string
	}{
		{
			"defaults",
			workFlags{},
			20_000,
			plan{concurrency: 10_000, perHost: 8, maxConns: 19_936, limit: 20_000},
			"10000 in flight at most (the limit is 20000 descriptors), 8 per host",
		},
		{
			"defaults cut",
			workFlags{},
			1024,
			plan{concurrency: 960, perHost: 8, maxConns: 960, limit: 1024},
			"960 in flight at most (the limit is 1024 descriptors), 8 per host",
		},
		{
			"no limit known",
			workFlags{},
			0,
			plan{concurrency: 10_000, perHost: 8, maxConns: many},
			"10000 in flight at most, 8 per host",
		},
		{
			"asked for",
			workFlags{concurrency: 50, concurrencySet: true},
			1024,
			plan{concurrency: 50, maxConns: 960, limit: 1024, asked: 50},
			"50 in flight at most, no limit per host",
		},
		{
			"asked for, cut",
			workFlags{concurrency: 5000, concurrencySet: true},
			1024,
			plan{concurrency: 960, maxConns: 960, limit: 1024, asked: 5000},
			"960 in flight at most, not 5000: the limit is 1024 descriptors (ulimit -n); no limit per host",
		},
		{
			"both asked for",
			workFlags{concurrency: 50, concurrencySet: true, perHost: 3, perHostSet: true},
			1024,
			plan{concurrency: 50, perHost: 3, maxConns: 960, limit: 1024, asked: 50},
			"50 in flight at most, 3 per host",
		},
		{
			"no limit per host asked for",
			workFlags{perHostSet: true},
			1024,
			plan{concurrency: 960, maxConns: 960, limit: 1024},
			"960 in flight at most (the limit is 1024 descriptors), no limit per host",
		},
		{
			"hardly any descriptors",
			workFlags{},
			20,
			plan{concurrency: 1, perHost: 8, maxConns: 1, limit: 20},
			"1 in flight at most (the limit is 20 descriptors), 8 per host",
		},
	}
	for _, c := range cases {
		got := c.work.plan(c.limit)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		var b bytes.Buffer
		got.announce(&b)
		if said := strings.TrimSuffix(b.String(), "\n"); said != "crawl: "+c.says {
			t.Errorf("%s: said %q, want %q", c.name, said, "crawl: "+c.says)
		}
	}
}

// TestDecodeMemory: what --decode-memory says is what the client has, and its default is the client's.
func TestDecodeMemory(t *testing.T) {
	for args, want := range map[string]int64{"": fetch.DefaultDecodeMemory, "--decode-memory=3MiB": 3 << 20} {
		var h fetchFlags
		f := pflag.NewFlagSet("run", pflag.ContinueOnError)
		h.add(f)
		if err := f.Parse(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		if got := h.options(plan{}).DecodeMemory; got != want {
			t.Errorf("%q: %d bytes, want %d", args, got, want)
		}
	}
}
