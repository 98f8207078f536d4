//go:build unix

package fetch

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crawl/internal/suites"
)

// tlsCase is a server of the suite of TLS; the README of the suite explains it.
type tlsCase struct {
	Port   uint16 `json:"port"`
	Name   string `json:"name"`
	Host   string `json:"host"`
	Expect string `json:"expect"`
	Why    string `json:"why"`
}

// suiteClasses are the classes of the cases that fail.
func suiteClasses() map[string]Class {
	return map[string]Class{
		"expired": TLSExpired, "notyet": TLSExpired, "wronghost": TLSHostname, "wildcard-two-labels": TLSHostname,
		"untrusted-root": TLSAuthority, "missing-intermediate": TLSAuthority, "selfsigned": TLSAuthority,
		"tls1.0-only": TLSVersion, "plain-http-on-tls-port": TLSNotTLS, "reset-after-clienthello": ClosedReset,
	}
}

// requires skips the test where a program is missing.
func requires(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("SKIPPED: %s is not installed", p)
		}
	}
}

// TestTLSSuite: the servers of the suite, with certificates by openssl and TLS by Python, end as it says, with the
// class that is right.
//
// Its policy case is a server that offers only h2. We offer http/1.1, so there is no protocol in common. A server that
// is strict ends the handshake with an alert (no_application_protocol), which is class tls.alert. This one goes on
// without having chosen, and so do we, in HTTP/1.1: what it answers is either that, or of class protocol.head. Nothing
// is gained by refusing what works.
func TestTLSSuite(t *testing.T) {
	dir := suites.Path("tls")
	data, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Skipf("SKIPPED, the suite is not there: %v", err)
	}
	requires(t, "openssl", "python3", "bash")
	var cases []tlsCase
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 18 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	certs := t.TempDir()
	if out, err := exec.Command("bash", filepath.Join(dir, "mk.sh"), certs).CombinedOutput(); err != nil {
		t.Fatalf("mk.sh: %v: %s", err, out)
	}
	root, err := os.ReadFile(filepath.Join(certs, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(root) {
		t.Fatal("no certificate in root.pem")
	}
	startServer(t, "ready", exec.Command("python3", filepath.Join(dir, "serve.py"), certs, "120"))
	o := Options{TLS: TLSOptions{Roots: pool}, Resolve: map[string][]netip.Addr{}}
	for _, c := range cases {
		o.Resolve[fmt.Sprintf("%s:%d", c.Host, c.Port)] = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), o, func(cl client) error {
			for _, c := range cases {
				cl.checkTLS(t, c)
			}
			return nil
		})
	})
}

func (cl client) checkTLS(t *testing.T, c tlsCase) {
	v := cl.get(fmt.Sprintf("https://%s:%d/", c.Host, c.Port))
	class, fails := suiteClasses()[c.Name]
	switch {
	case fails != (c.Expect == "fail"):
		t.Errorf("%s: the suite expects %s, this test does not", c.Name, c.Expect)
	case fails && ClassOf(v.err) != class:
		t.Errorf("%s (%s): class %s, want %s: %v", c.Name, c.Why, ClassOf(v.err), class, v.err)
	case !fails && (v.err != nil || v.Status != 200 || !bytes.Contains(v.body, []byte("next"))):
		t.Errorf("%s (%s): status %d, body %q, error %v, want it whole", c.Name, c.Why, v.Status, v.body, v.err)
	}
}

// startServer starts a program, waits until it has written ready, and ends it with the test.
func startServer(t *testing.T, ready string, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait() // it was killed
	})
	said := make(chan bool, 1)
	go func() {
		defer close(read)
		var all strings.Builder
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			all.WriteString(line)
			if strings.Contains(line, ready) {
				said <- true
			}
			if err != nil {
				close(said)
				return
			}
		}
	}()
	select {
	case ok := <-said:
		if !ok {
			t.Fatalf("%s did not begin", cmd)
		}
	case <-time.After(bound):
		t.Fatalf("%s was not ready within %v", cmd, bound)
	}
}
