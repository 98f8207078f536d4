package main

import (
	"io"
	"testing"
)

// Whatever the number of URLs, the web of the demo has a page for each.
func TestDemoWebIsLargeEnough(t *testing.T) {
	for _, urls := range []int{1, 63, 64, 65, 10_000, 64_001, 1_000_000} {
		cmd := newOrigin(streams{out: io.Discard, err: io.Discard})
		if err := cmd.ParseFlags((&demoOptions{urls: urls}).originArgs("urls.txt")); err != nil {
			t.Fatal(err)
		}
		number := func(flag string) int {
			n, err := cmd.Flags().GetInt(flag)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		hosts := max(1, number("addresses"))
		if pages := number("pages"); number("urls") != urls || pages*hosts < urls || pages*hosts >= urls+hosts {
			t.Errorf("%d URLs: %d hosts of %d pages", urls, hosts, pages)
		}
	}
}
