package crawler

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// Previous is what the records of an earlier crawl say of the versions of what it fetched, by URL. It holds about 300
// bytes for each that has a validator, and nothing for the others.
type Previous struct {
	versions map[string]fetch.Version // by canonical URL without its fragment
	lines    int
}

// maxRecord is the longest line that can be a record: a URL and a final URL of the most bytes, escaped, and the rest.
const maxRecord = 2*6*maxLine + 64<<10

// ReadPrevious reads records, as docs/records.md has them. Lines that are none are counted, and left out; an error says that
// the file could not be read, or had nothing but such lines.
func ReadPrevious(r io.Reader) (p *Previous, bad int, err error) {
	p = &Previous{versions: map[string]fetch.Version{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxRecord)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		p.lines++
		if !p.take(lines.Bytes()) {
			bad++
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, bad, fmt.Errorf("line %d: %w", p.lines+1, err)
	case bad > 0 && bad == p.lines:
		return nil, bad, errors.New("there are no records in it")
	}
	return p, bad, nil
}

// take reads one record, and reports whether it is one.
func (p *Previous) take(line []byte) bool {
	var r struct {
		URL          *string `json:"url"`
		FinalURL     string  `json:"final_url"`
		Class        string  `json:"class"`
		ETag         string  `json:"etag"`
		LastModified string  `json:"last_modified"`
	}
	if json.Unmarshal(line, &r) != nil || r.URL == nil || r.Class == "" {
		return false
	}
	at, err := link.Parse(*r.URL)
	if err != nil || r.Class != string(fetch.OK) {
		return true
	}
	v := fetch.Version{URL: fetch.VersionURL(&at)}
	if r.FinalURL != "" {
		final, err := link.Parse(r.FinalURL)
		if err != nil {
			return true
		}
		v.URL = fetch.VersionURL(&final)
	}
	if fetch.ValidValidator(r.ETag) {
		v.ETag = r.ETag
	}
	if fetch.ValidValidator(r.LastModified) {
		v.LastModified = r.LastModified
	}
	key := at.WithFragment("")
	if v.ETag == "" && v.LastModified == "" {
		delete(p.versions, key.String()) // a later record of the same URL counts
		return true
	}
	p.versions[key.String()] = v
	return true
}

// Len is the number of URLs with a validator.
func (p *Previous) Len() int { return len(p.versions) }

// of is the version that is known of u, the zero value if none is.
func (p *Previous) of(u *link.URL) fetch.Version {
	if p == nil {
		return fetch.Version{}
	}
	key := u.WithFragment("")
	return p.versions[key.String()]
}
