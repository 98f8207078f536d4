package main

import (
	"github.com/spf13/pflag"

	"crawl/internal/fetch"
)

// redirectFlags say how far redirects are followed.
type redirectFlags struct {
	most int
	set  func() bool // it was given; nil: the command has none
}

func (r *redirectFlags) add(f *pflag.FlagSet) {
	f.IntVar(&r.most, "max-redirects", fetch.DefaultMaxRedirects, "follow `N` redirects of one URL at most, 0 is none")
	r.set = func() bool { return f.Changed("max-redirects") }
}

func (r *redirectFlags) check() error {
	if r.most < 0 {
		return usageError("--max-redirects %d: must not be negative", r.most)
	}
	return nil
}
