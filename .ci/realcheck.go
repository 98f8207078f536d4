//go:build ignore

// Command realcheck compares a crawl of a site with the files that the site was served from.
//
//	realcheck -root DIR -base URL [-truth FILE] list              prints the URLs of every page
//	realcheck -root DIR -base URL [-truth FILE] check RECORDS     compares the records with them
//
// A record has to have the status, the body's length and the body's SHA-256 of the file on disk, and,
// where there is a table of truth, of its line there: path, status, length, first 16 digits of the
// SHA-256. The pages are those of the table; without one they are the files below DIR. A page without a
// file is a 404. The body of an error is the server's own, so only -error-bodies, for the server that
// the table was made with, compares it.
//
// It exits 0 when everything agrees, 1 when something differs, 2 when it could not be used.
package main

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	shown      = 10 // differences printed; all are counted
	indexFile  = "index.html"
	digestName = "sha256:"
	missing    = "/no-such-page.html" // asked for when there is no table, so that one error is among the pages
)

// page is what a fetch of one URL must bring.
type page struct {
	status int
	size   int64  // bytes of the body, -1: unknown
	digest string // hexadecimal SHA-256 of the body, or its first digits; "": unknown
}

// record is what is read of a line of the crawl's output.
type record struct {
	URL       string `json:"url"`
	Status    int    `json:"status"`
	Class     string `json:"class"`
	BytesBody int64  `json:"bytes_body"`
	Digest    string `json:"digest"`
}

// site is where the pages come from.
type site struct {
	root, base  string
	truth       map[string]page // by path and query as in the table; nil: there is none
	errorBodies bool
}

func main() {
	root := flag.String("root", "", "`folder` that the site was served from")
	base := flag.String("base", "", "`URL` of the folder, without the last slash")
	truthFile := flag.String("truth", "", "`file` NAME.pages.tsv.gz")
	errorBodies := flag.Bool("error-bodies", false, "compare the bodies of errors with the table too")
	flag.Parse()

	s := site{root: *root, base: *base, errorBodies: *errorBodies}
	differences, err := s.run(*truthFile, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "realcheck:", err)
		os.Exit(2)
	}
	if differences > 0 {
		os.Exit(1)
	}
}

func (s *site) run(truthFile string, args []string) (differences int, err error) {
	if s.root == "" || s.base == "" {
		return 0, errors.New("-root and -base are needed")
	}
	if truthFile != "" {
		if s.truth, err = readTruth(truthFile); err != nil {
			return 0, err
		}
	}
	pages, err := s.pages()
	if err != nil {
		return 0, err
	}
	switch {
	case len(args) == 1 && args[0] == "list":
		for _, p := range pages {
			fmt.Println(s.base + p)
		}
		return 0, nil
	case len(args) == 2 && args[0] == "check":
		return s.check(pages, args[1])
	}
	return 0, fmt.Errorf("arguments %q, want list or check RECORDS", args)
}

// readTruth reads lines of path, status, length and the first digits of the digest, after a header line.
func readTruth(name string) (map[string]page, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	truth := map[string]page{}
	lines := bufio.NewScanner(unzipped)
	for n := 1; lines.Scan(); n++ {
		columns := strings.Split(lines.Text(), "\t")
		if n == 1 && columns[0] == "path" {
			continue
		}
		if len(columns) != 4 {
			return nil, fmt.Errorf("%s:%d: %d columns, want 4", name, n, len(columns))
		}
		status, err1 := strconv.Atoi(columns[1])
		size, err2 := strconv.ParseInt(columns[2], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		truth[columns[0]] = page{status, size, columns[3]}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(truth) == 0 {
		return nil, fmt.Errorf("%s: no pages", name)
	}
	return truth, nil
}

// pages returns the path and query of every page, sorted: those of the table, or else "/", every file
// below the root, and one that is not there. A link to a file outside the package dangles and is a 404.
func (s *site) pages() ([]string, error) {
	var pages []string
	if s.truth != nil {
		for p := range s.truth {
			pages = append(pages, p)
		}
		slices.Sort(pages)
		return pages, nil
	}
	pages = append(pages, "/", missing)
	err := filepath.WalkDir(s.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, statErr := os.Stat(name); d.IsDir() || statErr == nil && !info.Mode().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(s.root, name)
		pages = append(pages, (&url.URL{Path: "/" + filepath.ToSlash(rel)}).EscapedPath())
		return err
	})
	slices.Sort(pages)
	return pages, err
}

// onDisk reads the file that a server gives for a path and query.
func (s *site) onDisk(target string) (page, error) {
	u, err := url.Parse(s.base + target)
	if err != nil {
		return page{}, err
	}
	name := filepath.Join(s.root, filepath.FromSlash(u.Path))
	if strings.HasSuffix(u.Path, "/") {
		name = filepath.Join(name, indexFile)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return page{http.StatusNotFound, -1, ""}, nil
	}
	if err != nil {
		return page{}, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	return page{http.StatusOK, size, fmt.Sprintf("%x", sum.Sum(nil))}, err
}

// check compares the records of a file with the pages, prints a summary and the first differences, and
// returns how many there are.
func (s *site) check(pages []string, name string) (differences int, err error) {
	records, err := readRecords(name)
	if err != nil {
		return 0, err
	}
	differ := func(format string, args ...any) {
		if differences++; differences <= shown {
			fmt.Printf("  differs: "+format+"\n", args...)
		}
	}
	var bodies, inTruth int
	var size int64
	for _, p := range pages {
		key, err := identity(s.base + p)
		if err != nil {
			return 0, err
		}
		got := records[key]
		delete(records, key)
		if len(got) != 1 {
			differ("%s: %d records, want 1", p, len(got))
			continue
		}
		file, err := s.onDisk(p)
		if err != nil {
			return 0, err
		}
		if d := compare(got[0], file); d != "" {
			differ("%s: %s on disk", p, d)
		} else if file.status == http.StatusOK {
			bodies++
			size += file.size
		}
		if truth, ok := s.truth[p]; ok {
			if truth.status != http.StatusOK && !s.errorBodies {
				truth.size, truth.digest = -1, ""
			}
			if d := compare(got[0], truth); d != "" {
				differ("%s: %s in the table", p, d)
			} else {
				inTruth++
			}
		}
	}
	for key, extra := range records {
		differ("%s: %d records of a URL that was not on the list", key, len(extra))
	}
	if differences > shown {
		fmt.Printf("  … and %d more differences\n", differences-shown)
	}
	fmt.Printf("  %d URLs: %d bodies, %d bytes, are those on disk; ", len(pages), bodies, size)
	if s.truth == nil {
		fmt.Printf("no table of truth; ")
	} else {
		fmt.Printf("%d of %d lines of the table agree; ", inTruth, len(s.truth))
	}
	fmt.Printf("%d differences\n", differences)
	return differences, nil
}

// compare says what of a record is not as the page, or "".
func compare(r record, p page) string {
	digest, named := strings.CutPrefix(r.Digest, digestName)
	switch {
	case r.Status != p.status:
		return fmt.Sprintf("status %d (class %q), %d", r.Status, r.Class, p.status)
	case r.Class == "" || p.status == http.StatusOK && r.Class != "ok":
		return fmt.Sprintf("class %q of a status %d", r.Class, r.Status)
	case p.size >= 0 && r.BytesBody != p.size:
		return fmt.Sprintf("%d bytes, %d", r.BytesBody, p.size)
	case p.digest != "" && p.size != 0 && (!named || len(digest) != 2*sha256.Size || !strings.HasPrefix(digest, p.digest)):
		return fmt.Sprintf("digest %q, %s%s", r.Digest, digestName, p.digest)
	}
	return ""
}

// readRecords reads JSON lines into a map by the identity of their URL.
func readRecords(name string) (map[string][]record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records := map[string][]record{}
	for dec := json.NewDecoder(f); ; {
		var r record
		if err := dec.Decode(&r); err == io.EOF {
			return records, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		key, err := identity(r.URL)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		records[key] = append(records[key], r)
	}
}

// identity is a URL with its path decoded, so that two spellings of one page compare equal.
func identity(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host + u.Path + "?" + u.RawQuery, nil
}
