package main

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"golang.org/x/net/http/httpproxy"

	"crawl/internal/link"
)

// parsed are the flags of a command line in an environment.
func parsed(t *testing.T, env map[string]string, args ...string) (*proxyFlags, error) {
	t.Helper()
	p := &proxyFlags{getenv: func(name string) string { return env[name] }}
	f := pflag.NewFlagSet("run", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	p.add(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return p, p.check(nil)
}

// by is the proxy for a URL, or "".
func (p *proxyFlags) by(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := link.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	choose := p.choose()
	if choose == nil {
		return ""
	}
	if proxy := choose(&u); proxy != nil {
		return proxy.String()
	}
	return ""
}

// TestProxyEnvironment: which variable is for what, and what the command line says to it.
func TestProxyEnvironment(t *testing.T) {
	type env = map[string]string
	const http, https = "http://a.test/", "https://a.test/"
	for _, tt := range []struct {
		name string
		env  env
		args []string
		url  string
		want string
	}{
		{"nothing", env{}, nil, http, ""},
		{"http", env{"http_proxy": "p1"}, nil, http, "http://p1:1080"},
		{"not for https", env{"http_proxy": "p1"}, nil, https, ""},
		{"upper case is somebody else's", env{"HTTP_PROXY": "p1"}, nil, http, ""},
		{"https", env{"https_proxy": "p1"}, nil, https, "http://p1:1080"},
		{"https, upper case", env{"HTTPS_PROXY": "p1"}, nil, https, "http://p1:1080"},
		{"lower case comes first", env{"HTTPS_PROXY": "p1", "https_proxy": "p2", "ALL_PROXY": "p3"}, nil, https, "http://p2:1080"},
		{"not for http", env{"https_proxy": "p1"}, nil, http, ""},
		{"all", env{"all_proxy": "socks5h://p1"}, nil, http, "socks5h://p1:1080"},
		{"all, upper case, https", env{"ALL_PROXY": "p1:3128"}, nil, https, "http://p1:3128"},
		{"all is for the rest", env{"ALL_PROXY": "p1", "http_proxy": "p2"}, nil, http, "http://p2:1080"},
		{"empty is not set", env{"ALL_PROXY": "p1", "http_proxy": ""}, nil, http, "http://p1:1080"},
		{"exception", env{"http_proxy": "p1", "no_proxy": "a.test"}, nil, http, ""},
		{"exception, upper case", env{"http_proxy": "p1", "NO_PROXY": "a.test"}, nil, http, ""},
		{"exception, lower case comes first", env{"http_proxy": "p1", "NO_PROXY": "a.test", "no_proxy": "b.test"}, nil, http, "http://p1:1080"},
		{"this machine itself", env{"http_proxy": "p1"}, nil, "http://127.0.0.1/", ""},
		{"by any name", env{"http_proxy": "p1"}, nil, "http://localhost:81/", ""},
		{"by any address", env{"http_proxy": "p1"}, nil, "http://[::ffff:127.9.9.9]/", ""},
		{"-x", env{}, []string{"-x", "p1"}, http, "http://p1:1080"},
		{"-x for https", env{}, []string{"--proxy", "socks5://p1"}, https, "socks5://p1:1080"},
		{"-x before the environment", env{"http_proxy": "p2", "ALL_PROXY": "ftp://x"}, []string{"-x", "p1"}, http, "http://p1:1080"},
		{"-x for this machine itself", env{}, []string{"-x", "p1"}, "http://127.0.0.1/", "http://p1:1080"},
		{"-x for localhost", env{}, []string{"-x", "p1"}, "http://localhost/", "http://p1:1080"},
		{"-x, but for exceptions of the environment", env{"no_proxy": "a.test"}, []string{"-x", "p1"}, http, ""},
		{"-x, but for exceptions of the environment, here", env{"no_proxy": "127.0.0.1"}, []string{"-x", "p1"}, "http://127.0.0.1/", ""},
		{"--noproxy instead of them", env{"no_proxy": "a.test"}, []string{"-x", "p1", "--noproxy", ""}, http, "http://p1:1080"},
		{"--noproxy", env{"http_proxy": "p1"}, []string{"--noproxy", "a.test"}, http, ""},
		{`-x ""`, env{"http_proxy": "p1", "ALL_PROXY": "p2"}, []string{"-x", ""}, http, ""},
	} {
		p, err := parsed(t, tt.env, tt.args...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := p.by(t, tt.url); got != tt.want {
			t.Errorf("%s: %s by %q, want %q", tt.name, tt.url, got, tt.want)
		}
	}
}

// TestNoProxyList: what an entry of the list stands for.
func TestNoProxyList(t *testing.T) {
	for _, tt := range []struct {
		list       string
		none, some []string // hosts, with a port if need be
	}{
		{"", nil, []string{"a.test", "127.0.0.1", "[::1]", "localhost"}},
		{"*", []string{"a.test", "192.0.2.1", "127.0.0.1", "[::1]", "localhost"}, nil},
		{"example.com", []string{"example.com", "www.example.com", "a.b.example.com", "example.com:8080", "example.com."}, []string{"notexample.com", "example.com.test", "example.org"}},
		{"EXAMPLE.com.", []string{"example.com", "www.example.com"}, []string{"example.org"}},
		{".example.com", []string{"www.example.com"}, []string{"example.com", "notexample.com"}}, // curl takes example.com as well
		{"*.example.com", []string{"www.example.com"}, []string{"example.com"}},
		{"example.com:81", []string{"example.com:81", "www.example.com:81"}, []string{"example.com", "example.com:82"}},
		{"a.test,b.test", []string{"a.test", "b.test"}, []string{"c.test"}},
		{"a.test, b.test", []string{"a.test", "b.test"}, []string{"c.test"}},
		{"a.test b.test", []string{"a.test", "b.test"}, []string{"c.test"}}, // as curl
		{"192.0.2.1", []string{"192.0.2.1", "192.0.2.1:81"}, []string{"192.0.2.2", "192.0.2.10"}},
		{"192.0.2.1:81", []string{"192.0.2.1:81"}, []string{"192.0.2.1"}},
		{"192.0.2.0/24", []string{"192.0.2.1", "192.0.2.255:81"}, []string{"192.0.3.1", "a.test"}},
		{"2001:db8::/32", []string{"[2001:db8::1]"}, []string{"[2001:db9::1]"}},
		{"2001:db8::1", []string{"[2001:db8::1]", "[2001:db8::1]:81"}, []string{"[2001:db8::2]"}},
		{"[2001:db8::1]", []string{"[2001:db8::1]"}, []string{"[2001:db8::2]"}},
		{"[2001:db8::1]:81", []string{"[2001:db8::1]:81"}, []string{"[2001:db8::1]"}},
		{"127.0.0.1", []string{"127.0.0.1", "127.0.0.1:81", "2130706433"}, []string{"127.0.0.2", "localhost", "[::1]"}},
		{"127.0.0.1:81", []string{"127.0.0.1:81"}, []string{"127.0.0.1", "127.0.0.1:82"}},
		{"127.0.0.0/8", []string{"127.0.0.1", "127.9.9.9:81"}, []string{"localhost", "[::1]"}},
		{"::1", []string{"[::1]", "[::1]:81"}, []string{"127.0.0.1"}},
		{"[::1]", []string{"[::1]"}, []string{"localhost"}},
		{"[::1]:81", []string{"[::1]:81"}, []string{"[::1]"}},
		{"localhost", []string{"localhost", "localhost:81", "localhost.", "x.localhost"}, []string{"127.0.0.1", "mylocalhost"}},
		{"localhost:81", []string{"localhost:81"}, []string{"localhost"}},
		{".localhost", []string{"x.localhost"}, []string{"localhost"}},
		{",,  ,:81,/,[]", nil, []string{"a.test", "127.0.0.1", "localhost:81"}},
	} {
		p, err := parsed(t, nil, "-x", "p1", "--noproxy", tt.list)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range tt.none {
			if by := p.by(t, "http://"+host+"/"); by != "" {
				t.Errorf("--noproxy %q: %s by %s, want none", tt.list, host, by)
			}
		}
		for _, host := range tt.some {
			if p.by(t, "http://"+host+"/") == "" {
				t.Errorf("--noproxy %q: %s by none", tt.list, host)
			}
		}
	}
}

// TestNoProxyOracle: httpproxy decides the same on every pair of a list and a host; on this machine itself, of which it
// says nothing, what it decides on other addresses in its place.
func TestNoProxyOracle(t *testing.T) {
	lists := []string{
		"", "*", "a.test", ".a.test", "*.a.test", "a.test:81", "test", "b.test,a.test", "198.51.100.7", "198.51.100.7:81", "198.51.100.0/24", "198.51.100.0/31,a.test",
		"2001:db8::1", "[2001:db8::1]:81", "2001:db8::/64", "0.0.0.0/0", "::/0", "198.51.100", "/8", ":81", "a.test:", "0:81", "x:81:81",
		"127.0.0.1", "127.0.0.1:81", "127.0.0.0/8", "127.0.0.0/31", "localhost", "localhost:81", ".localhost", "*.localhost", "127.0.0.0/33", "127.0.0.1:x", "localhost:",
	}
	hosts := []string{"a.test", "www.a.test", "xa.test", "test", "b.test", "198.51.100.7", "198.51.100.1", "[2001:db8::1]", "[2001:db8::2]", "127.0.0.1", "127.0.0.2", "localhost", "x.localhost"}
	elsewhere := strings.NewReplacer("127.", "128.", "localhost", "elsewhere")
	for _, list := range lists {
		p, err := parsed(t, nil, "-x", "p1", "--noproxy", list)
		if err != nil {
			t.Fatal(err)
		}
		config := httpproxy.Config{HTTPProxy: "http://p1", HTTPSProxy: "http://p1", NoProxy: elsewhere.Replace(list)}
		oracle := config.ProxyFunc()
		for _, host := range hosts {
			for _, scheme := range []string{"http://", "https://"} {
				for _, port := range []string{"", ":81"} {
					u, err := url.Parse(elsewhere.Replace(scheme + host + port + "/"))
					if err != nil {
						t.Fatal(err)
					}
					want, err := oracle(u)
					if err != nil {
						t.Fatal(err)
					}
					if got := p.by(t, scheme+host+port+"/"); (got != "") != (want != nil) {
						t.Errorf("--noproxy %q: %s%s%s by %q, the oracle has %v", list, scheme, host, port, got, want)
					}
				}
			}
		}
	}
}

// TestProxyRefused: what is refused says where it came from, and does not repeat a password.
func TestProxyRefused(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		args []string
		want string
	}{
		{nil, []string{"-x", "ftp://me:geheim@p"}, `-x: proxy: scheme "ftp" is not`},
		{nil, []string{"-x", "me:geheim@"}, "-x: proxy: no host"},
		{nil, []string{"-x", "me:geheim%@p"}, "-x: proxy: no user"},
		{map[string]string{"https_proxy": "me:geheim@p:x"}, nil, "https_proxy in the environment: proxy: no host"},
		{map[string]string{"ALL_PROXY": "gopher://me:geheim@p"}, nil, "ALL_PROXY in the environment: proxy: scheme"},
	} {
		_, err := parsed(t, tt.env, tt.args...)
		var e *exitErr
		if !errors.As(err, &e) || e.code != exitUsage || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%v %q: %v, want %q", tt.env, tt.args, err, tt.want)
		}
	}
}
