package main

import (
	"github.com/spf13/cobra"

	"crawl/internal/modes"
)

// newCompareRun is one run of a comparison, in a process of its own: crawl compare starts it and speaks with it.
func newCompareRun(s streams) *cobra.Command {
	return &cobra.Command{
		Use:    modes.ChildCommand,
		Short:  "One run of a comparison, for crawl compare",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := modes.Serve(s.in, s.out); err != nil {
				return ioError(err)
			}
			return nil
		},
	}
}
