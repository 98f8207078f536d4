package main

import "github.com/spf13/cobra"

func newOrigin(s streams) *cobra.Command { return &cobra.Command{Use: "origin"} }
func newDemo(s streams) *cobra.Command   { return &cobra.Command{Use: "demo"} }
