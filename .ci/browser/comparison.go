//go:build ignore

// Command comparison writes the page of a comparison, whose JSON is on standard input, to standard output: for pages
// of figures that are made up, so that it is known what must be on them.
package main

import (
	"encoding/json"
	"log"
	"os"

	"crawl/internal/compare"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("comparison: ")
	var r compare.Result
	in := json.NewDecoder(os.Stdin)
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		log.Fatal(err)
	}
	if err := r.WriteHTML(os.Stdout); err != nil {
		log.Fatal(err)
	}
}
