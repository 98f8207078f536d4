//go:build unix

package fetch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"
)

// The tests named TestWeb ask servers that others wrote; .ci/web.sh starts them and says where they are.

// server of others is a URL from the environment; without it the test is skipped.
func webServer(t *testing.T, variable string) string {
	t.Helper()
	base := os.Getenv(variable)
	if base == "" {
		t.Skipf("SKIPPED: %s is not set: make test-web starts the servers", variable)
	}
	return base
}

// toxiproxy is the API of a proxy that spoils connections.
type toxiproxy struct {
	t    *testing.T
	base string
}

// call sends what, as JSON, and reads the answer into got, if that is not nil.
func (p toxiproxy) call(method, path string, what, got any) {
	p.t.Helper()
	var body bytes.Buffer
	if what != nil {
		if err := json.NewEncoder(&body).Encode(what); err != nil {
			p.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(method, p.base+path, &body)
	if err != nil {
		p.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: bound}
	res, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		p.t.Fatalf("%s %s: status %d, %v: %s", method, path, res.StatusCode, err, answer)
	}
	if got != nil {
		if err := json.Unmarshal(answer, got); err != nil {
			p.t.Fatal(err)
		}
	}
}

// spoil has a proxy in front of upstream for the rest of the test, and returns the beginning of its URLs.
func (p toxiproxy) spoil(name, upstream, toxic string, attributes map[string]int) string {
	p.t.Helper()
	var made struct{ Listen string }
	p.call("POST", "/proxies", map[string]string{"name": name, "listen": "127.0.0.1:0", "upstream": upstream}, &made)
	p.t.Cleanup(func() { p.call("DELETE", "/proxies/"+name, nil, nil) })
	if toxic != "" {
		p.call("POST", "/proxies/"+name+"/toxics", map[string]any{
			"name": toxic, "type": toxic, "stream": "downstream", "toxicity": 1, "attributes": attributes,
		}, nil)
	}
	return "http://" + made.Listen
}

// TestWebToxic: whatever happens to the connection on the way, the fetch ends within its bound, with the class that
// says what happened, and what came is reported as whole only if it is.
func TestWebToxic(t *testing.T) {
	base := webServer(t, "CRAWL_WEB_HTTPBIN")
	api := toxiproxy{t, webServer(t, "CRAWL_WEB_TOXIPROXY")}
	const quiet, total = 500 * time.Millisecond, 2 * time.Second
	type numbers = map[string]int
	for i, toxic := range []struct {
		path       string
		name       string
		attributes numbers
		class      Class         // what it must end with
		or         Class         // or with this, where it is a matter of what arrives first
		least      time.Duration // that it takes
	}{
		{path: "/bytes/20000?seed=1", class: OK},
		{path: "/get", name: "latency", attributes: numbers{"latency": 200}, class: OK, least: 200 * time.Millisecond},
		{path: "/get", name: "latency", attributes: numbers{"latency": 3000}, class: TimeoutFirstByte, least: quiet},
		{path: "/bytes/20000?seed=1", name: "bandwidth", attributes: numbers{"rate": 50}, class: OK, least: 300 * time.Millisecond},
		{path: "/bytes/100000?seed=1", name: "bandwidth", attributes: numbers{"rate": 10}, class: TimeoutTotal, least: total},
		{path: "/bytes/3000?seed=1", name: "slicer", attributes: numbers{"average_size": 7, "size_variation": 6, "delay": 50}, class: OK},
		{path: "/stream-bytes/3000?seed=1&chunk_size=10", name: "slicer", attributes: numbers{"average_size": 3, "size_variation": 2, "delay": 50}, class: OK},
		{path: "/get", name: "slow_close", attributes: numbers{"delay": 300}, class: OK},
		{path: "/get", name: "timeout", attributes: numbers{"timeout": 0}, class: TimeoutFirstByte, least: quiet},
		{path: "/get", name: "timeout", attributes: numbers{"timeout": 100}, class: ClosedEarly, or: ClosedReset, least: 100 * time.Millisecond},
		{path: "/get", name: "reset_peer", attributes: numbers{"timeout": 0}, class: ClosedReset, or: ClosedEarly},
		{path: "/get", name: "reset_peer", attributes: numbers{"timeout": 100}, class: ClosedReset, or: ClosedEarly},
		{path: "/get", name: "limit_data", attributes: numbers{"bytes": 0}, class: ClosedEarly, or: ClosedReset},
		{path: "/get", name: "limit_data", attributes: numbers{"bytes": 20}, class: ProtocolTruncated},
		{path: "/bytes/20000?seed=1", name: "limit_data", attributes: numbers{"bytes": 10000}, class: ProtocolTruncated},
		{path: "/stream-bytes/20000?seed=1", name: "limit_data", attributes: numbers{"bytes": 10000}, class: ProtocolTruncated},
		{path: "/drip?duration=1s&numbytes=5&delay=0s", name: "limit_data", attributes: numbers{"bytes": 200}, class: ProtocolTruncated},
	} {
		name := fmt.Sprintf("%d-%s", i, toxic.name)
		t.Run(name, func(t *testing.T) {
			api := toxiproxy{t, api.base}
			spoiled := api.spoil(name, base[len("http://"):], toxic.name, toxic.attributes) + toxic.path
			var want []byte
			if toxic.class == OK {
				want = plainly(t, base+toxic.path)
			}
			onEach(t, func(t *testing.T, k kind) {
				with(t, punctual(k.engine(t)), Options{Timeout: quiet, TotalTimeout: total}, func(c client) error {
					v := c.get(spoiled)
					if class := ClassOf(v.err); class != toxic.class && (toxic.or == "" || class != toxic.or) {
						t.Errorf("class %s, want %s %s: %v", class, toxic.class, toxic.or, v.err)
					}
					if toxic.class == OK && toxic.path != "/get" && !bytes.Equal(v.body, want) {
						t.Errorf("%d bytes came, or others than the %d there are", len(v.body), len(want))
					}
					if v.Timings.Total < toxic.least {
						t.Errorf("it took %v, which cannot be", v.Timings.Total)
					}
					return nil
				})
			})
		})
	}
}

// plainly is the body at a URL, by the standard client.
func plainly(t *testing.T, url string) []byte {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}, Timeout: bound}
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
