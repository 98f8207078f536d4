//go:build unix

package dns

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestParseConfig(t *testing.T) {
	server := func(ss ...string) (all []netip.AddrPort) {
		for _, s := range ss {
			all = append(all, netip.AddrPortFrom(netip.MustParseAddr(s), 53))
		}
		return all
	}
	here := server("127.0.0.1", "::1")
	second := time.Second
	for _, tt := range []struct {
		text string
		want Config
	}{
		{"", Config{Servers: here, Ndots: 1, Timeout: 5 * second, Attempts: 2}},
		{"nameserver 192.0.2.1\n", Config{Servers: server("192.0.2.1"), Ndots: 1, Timeout: 5 * second, Attempts: 2}},
		{
			"# c\n; c\n\n\tnameserver\t192.0.2.1 # first\r\nnameserver fe80::1%eth0\nnameserver x\nnameserver\nnameserver ::ffff:192.0.2.3\nnameserver 192.0.2.4",
			Config{Servers: server("192.0.2.1", "fe80::1%eth0", "192.0.2.3"), Ndots: 1, Timeout: 5 * second, Attempts: 2},
		},
		{"domain Example.COM. more\n", Config{Servers: here, Search: []string{"example.com"}, Ndots: 1, Timeout: 5 * second, Attempts: 2, hasSearch: true}},
		{"domain a.test\nsearch b.test c.test. b.test ..\n", Config{Servers: here, Search: []string{"b.test", "c.test"}, Ndots: 1, Timeout: 5 * second, Attempts: 2, hasSearch: true}},
		{"search a.test\nsearch .\n", Config{Servers: here, Ndots: 1, Timeout: 5 * second, Attempts: 2, hasSearch: true}},
		{
			"options ndots:3 timeout:7 attempts:4 rotate use-vc edns0 single-request trust-ad no-aaaa\n",
			Config{Servers: here, Ndots: 3, Timeout: 7 * second, Attempts: 4, Rotate: true, UseTCP: true, SingleRequest: true, NoAAAA: true},
		},
		{"options ndots:99 timeout:99 attempts:99\noptions single-request-reopen", Config{Servers: here, Ndots: 15, Timeout: 30 * second, Attempts: 5, SingleRequest: true}},
		{"options ndots:0 timeout:0 attempts:0", Config{Servers: here, Ndots: 0, Timeout: second, Attempts: 1}},
		{"options ndots:-1 timeout: attempts:x ndots rotate:no\nsortlist 1.2.3.4\nunknown", Config{Servers: here, Ndots: 1, Timeout: 5 * second, Attempts: 2, Rotate: true}},
	} {
		if got := ParseConfig([]byte(tt.text)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q:\n got %+v\nwant %+v", tt.text, got, tt.want)
		}
	}
}

func TestReadFiles(t *testing.T) {
	dir := t.TempDir()
	conf, hosts := filepath.Join(dir, "resolv.conf"), filepath.Join(dir, "hosts")
	if _, err := ReadConfig(conf); err == nil {
		t.Error("a file that is not there was read")
	}
	if _, err := ReadHosts(hosts); err == nil {
		t.Error("a file that is not there was read")
	}
	for name, text := range map[string]string{conf: "nameserver 192.0.2.1\nsearch a.test\n", hosts: "192.0.2.1 name.test\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := ReadConfig(conf); err != nil || c.Servers[0].String() != "192.0.2.1:53" || !slices.Equal(c.Search, []string{"a.test"}) {
		t.Errorf("%+v, %v", c, err)
	}
	if h, err := ReadHosts(hosts); err != nil || len(h.lookup("name.test")) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
	if err := os.WriteFile(conf, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConfig(conf)
	name, _ := os.Hostname()
	if _, domain, _ := strings.Cut(name, "."); err != nil || domain != "" && !slices.Equal(c.Search, []string{strings.ToLower(domain)}) || domain == "" && len(c.Search) > 0 {
		t.Errorf("on %s the search list is %q, %v", name, c.Search, err)
	}
}

func TestParseHosts(t *testing.T) {
	h := ParseHosts([]byte("127.0.0.1\tlocalhost me # ours\n::1 LOCALHOST. ip6-localhost\n\n#192.0.2.1 off\n192.0.2.2 a.test b.test\n" +
		"192.0.2.3 a.test\n192.0.2.2 a.test\n::ffff:192.0.2.4 b.test\nfe80::1%lo z.test\nnonsense c.test\n192.0.2.5\n192.0.2.6 bad..name ok.test\r\n192.0.2.7 last.test"))
	for name, want := range map[string]string{
		"localhost": "127.0.0.1 ::1", "me": "127.0.0.1", "ip6-localhost": "::1", "a.test": "192.0.2.2 192.0.2.3", "b.test": "192.0.2.2 192.0.2.4",
		"z.test": "fe80::1%lo", "ok.test": "192.0.2.6", "last.test": "192.0.2.7", "off": "", "c.test": "", "bad..name": "", "": "",
	} {
		if got := said(h.lookup(name), nil); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	var none *Hosts
	if none.lookup("a.test") != nil {
		t.Error("no hosts have names")
	}
}

// FuzzConfig: whatever the text, there is a server to ask, and limits hold.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("nameserver 192.0.2.1\nsearch a.test b.test\noptions ndots:2 timeout:1 attempts:3 rotate\n"))
	f.Add([]byte("nameserver fe80::1%eth0 ; c\ndomain x\noptions ndots:18446744073709551616"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := ParseConfig(data)
		if n := len(c.Servers); n < 1 || n > maxServers || c.Ndots < 0 || c.Ndots > maxNdots || c.Timeout < time.Second || c.Timeout > maxTimeout*time.Second ||
			c.Attempts < 1 || c.Attempts > maxAttempts || len(c.Search) > maxSearch {
			t.Fatalf("out of bounds: %+v", c)
		}
		for _, s := range c.Servers {
			if !s.IsValid() || s.Addr().Is4In6() || s.Port() != serverPort {
				t.Fatalf("server %v", s)
			}
		}
		for _, name := range []string{"a", "a.b.c", "x.", strings.Repeat("a.", 126) + "a"} {
			all := c.candidates(name)
			if len(all) == 0 {
				t.Fatalf("%q stands for nothing", name)
			}
			for _, n := range all {
				if _, err := dnsmessage.NewName(n); err != nil || !validName(strings.TrimSuffix(n, ".")) || !strings.HasPrefix(n, strings.TrimSuffix(name, ".")+".") {
					t.Fatalf("%q stands for %q: %v", name, n, err)
				}
			}
		}
	})
}

// FuzzHosts: what is found can be looked up, and the file says it.
func FuzzHosts(f *testing.F) {
	f.Add([]byte("127.0.0.1 localhost # c\n::1\tLocalhost.\n::ffff:1.2.3.4 a b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text := strings.ToLower(string(data))
		for name, addrs := range ParseHosts(data).addrs {
			if !validName(name) || !strings.Contains(text, name) || len(addrs) == 0 || len(addrs) > maxAddresses {
				t.Fatalf("%q has %v", name, addrs)
			}
			for i, a := range addrs {
				if !a.IsValid() || a.Is4In6() || slices.Contains(addrs[:i], a) {
					t.Fatalf("%q has %v", name, addrs)
				}
			}
		}
	})
}
