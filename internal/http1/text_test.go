package http1

import (
	"strings"
	"testing"
)

// The table against the RFC's list of token bytes (RFC 9110 §5.6.2).
func TestLowerTable(t *testing.T) {
	const tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if len(lower) != 256 {
		t.Fatalf("the table has %d entries", len(lower))
	}
	for i := range 256 {
		c := string(rune(i))
		token := i < 128 && strings.Contains(tchar, c)
		if isToken(byte(i)) != token {
			t.Errorf("byte %#x: token %v", i, !token)
		}
		if token && string(lower[i]) != strings.ToLower(c) {
			t.Errorf("lower case of %q is %q", c, lower[i])
		}
	}
}

// Every byte at every place of every length up to three words, with a second control byte and without.
func TestControl(t *testing.T) {
	for size := range 25 {
		for at := range size {
			for c := range 256 {
				for _, second := range []int{-1, size - 1, min(at+1, size-1)} {
					b := []byte(strings.Repeat("\x80~ \xff", 7)[:size])
					if second >= 0 {
						b[second] = '\n'
					}
					b[at] = byte(c)
					want := size
					for i := range b {
						if b[i] < ' ' || b[i] == 0x7f {
							want = i
							break
						}
					}
					if got := control(b, 0); got != want {
						t.Fatalf("control(%q) = %d, want %d", b, got, want)
					}
				}
			}
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, c := range []struct {
		b, token string
		want     bool
	}{
		{"Connection", "connection", true},
		{"CONNECTION", "Connection", true},
		{"Connectio", "Connection", false},
		{"Connection\r", "Connection-", false}, // one bit apart
		{"Connect@on", "Connect`on", false},
		{"\x0bhunked", "chunked", false},
		{"\u212aeep", "keep", false}, // the Kelvin sign folds to k in Unicode
	} {
		if equalFold([]byte(c.b), c.token) != c.want {
			t.Errorf("equalFold(%q, %q) is not %v", c.b, c.token, c.want)
		}
	}
}
