package link

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sitePages are the pages below the folders that CRAWL_SITES has, separated by colons: for instance the root that
// sites/serve.sh unpacks, of the shared suites.
func sitePages(t testing.TB) []string {
	t.Helper()
	folders := os.Getenv("CRAWL_SITES")
	if folders == "" {
		t.Skip("CRAWL_SITES does not say where pages of real sites are")
	}
	var pages []string
	for folder := range strings.SplitSeq(folders, ":") {
		err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			switch strings.ToLower(filepath.Ext(name)) {
			case ".html", ".htm", ".xhtml":
				if err == nil && d.Type().IsRegular() {
					pages = append(pages, name)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(pages) == 0 {
		t.Fatalf("no pages below %q", folders)
	}
	return pages
}

// TestSites: on every page of real sites the scanner finds what the tokenizer finds, what is in the tree, and the same
// however the page is split.
func TestSites(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	elements, bytes := 0, 0
	pages := sitePages(t)
	for _, name := range pages {
		p, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := scanWhole(t, p)
		elements, bytes = elements+len(got), bytes+len(p)
		if want := tokenize(string(p)); !slices.Equal(got, want) {
			t.Errorf("%s: the scanner and the tokenizer: %s", name, firstDifference(got, want))
		}
		if got, want := comparable(got), treeOf(t, string(p)); !slices.Equal(got, want) {
			t.Errorf("%s: the scanner and the tree: %s", name, firstDifference(got, want))
		}
		if again := scanWhole(t, pieces(p, random)...); !slices.Equal(again, got) {
			t.Errorf("%s: in pieces and in whole: %s", name, firstDifference(again, got))
		}
	}
	t.Logf("%d pages, %d bytes, %d elements and texts", len(pages), bytes, elements)
}

// pieces splits p at random, into few or many.
func pieces(p []byte, random *rand.Rand) (out [][]byte) {
	most := 1 << random.IntN(16)
	for len(p) > 0 {
		n := min(len(p), 1+random.IntN(most))
		out = append(out, p[:n])
		p = p[n:]
	}
	return out
}

// firstDifference says where two lists part.
func firstDifference(a, b []string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	at := func(list []string) string {
		if i < len(list) {
			return list[i]
		}
		return "(nothing more)"
	}
	return at(a) + " and " + at(b)
}
