package main

import (
	"testing"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
)

// TestConnectFlags: what each flag comes to, on the command line as it is.
func TestConnectFlags(t *testing.T) {
	for _, tt := range []struct {
		args    []string
		family  fetch.Family
		allowed bool
		refused bool
	}{
		{},
		{args: []string{"-4"}, family: fetch.IPv4},
		{args: []string{"--ipv4"}, family: fetch.IPv4},
		{args: []string{"-6", "--allow-private"}, family: fetch.IPv6, allowed: true},
		{args: []string{"--ipv6"}, family: fetch.IPv6},
		{args: []string{"-46"}, refused: true},
	} {
		var h fetchFlags
		f := pflag.NewFlagSet("test", pflag.ContinueOnError)
		h.add(f)
		if err := f.Parse(tt.args); err != nil {
			t.Fatal(err)
		}
		if err := h.check(); (err != nil) != tt.refused {
			t.Errorf("%q: %v", tt.args, err)
		}
		if o := h.options(plan{}); !tt.refused && (o.Family != tt.family || o.AllowPrivate != tt.allowed) {
			t.Errorf("%q: family %v, private allowed %v", tt.args, o.Family, o.AllowPrivate)
		}
	}
}
