package frontier

import (
	"fmt"
	"testing"
)

func TestDomain(t *testing.T) {
	for host, want := range map[string]string{
		"example.org":          "example.org",
		"www.example.org":      "example.org",
		"a.b.c.example.co.uk":  "example.co.uk",
		"example.org.":         "example.org",
		"me.github.io":         "me.github.io",
		"www.me.github.io":     "me.github.io",
		"github.io":            "github.io",
		"co.uk":                "co.uk",
		"localhost":            "localhost",
		"a.localhost":          "a.localhost",
		"xn--bcher-kva.com.de": "xn--bcher-kva.com.de",
		"127.0.0.1":            "127.0.0.1",
		"10.0.0.1":             "10.0.0.1",
		"2001:db8::1":          "2001:db8::1",
		".":                    "",
		"a..b":                 "a..b",
	} {
		if got := Domain(host); got != want {
			t.Errorf("the domain of %q is %q, want %q", host, got, want)
		}
	}
}

// TestShard: the shard of a host is written down in databases, so these numbers may never change.
func TestShard(t *testing.T) {
	for host, want := range map[string]uint16{
		"example.org": 3921, "www.example.org": 3921, "me.github.io": 2146, "127.0.0.1": 1214, "2001:db8::1": 743, "localhost": 890,
	} {
		if got := Shard(host); got != want {
			t.Errorf("the shard of %q is %d, want %d", host, got, want)
		}
	}
	var count [Shards]int
	const each = 50
	for i := range each * Shards {
		count[Shard(fmt.Sprintf("host%d.example", i))]++
	}
	for shard, n := range count {
		if n < each/4 || n > each*2+each/4 { // six standard deviations and more
			t.Errorf("shard %d has %d of %d hosts, want about %d", shard, n, each*Shards, each)
		}
	}
}
