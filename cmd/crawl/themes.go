package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A theme is flags that are about one thing, which stand together in the help of a command that has many.
type theme struct {
	title string
	add   []func(*pflag.FlagSet)
}

// addThemes gives a command the flags of these themes, and a help that has them in their order. What no theme has, as
// cobra's --help, comes last.
func addThemes(cmd *cobra.Command, all []theme) {
	sets := make([]*pflag.FlagSet, len(all))
	for i := range all {
		sets[i] = pflag.NewFlagSet(all[i].title, pflag.ContinueOnError)
		sets[i].SortFlags = false
		for _, add := range all[i].add {
			add(sets[i])
		}
		cmd.Flags().AddFlagSet(sets[i])
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n\nExamples:\n%s\n", cmd.UseLine(), cmd.Example)
		rest := pflag.NewFlagSet("Other", pflag.ContinueOnError)
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			for _, set := range sets {
				if set.Lookup(f.Name) != nil {
					return
				}
			}
			rest.AddFlag(f)
		})
		for _, set := range append(sets[:len(sets):len(sets)], rest) {
			fmt.Fprintf(&b, "\n%s:\n%s", set.Name(), set.FlagUsages())
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
		return err
	})
}
