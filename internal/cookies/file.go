package cookies

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The Netscape format, as curl, wget and browsers' exports have it: a line for each cookie, seven fields with a TAB
// between them: domain (with a dot before it if it is for subdomains too), whether it is (TRUE or FALSE), path,
// Secure, when it expires (Unix seconds, 0 for a session cookie), name, value. Behind "#HttpOnly_" a cookie is
// HttpOnly; other lines with a # are comments.

const (
	httpOnlyMark = "#HttpOnly_"
	// Some readers, Python's among them, want exactly this first line.
	fileHeader = "# Netscape HTTP Cookie File\n# Written by crawl. What is in here may log somebody in: keep it to yourself.\n\n"
)

// maxComplaints is how many lines of a file are named in an error: more help nobody, as when it is no jar file at all.
const maxComplaints = 10

// ErrNoJar is for a file that has lines, of which none is one of a jar file.
var ErrNoJar = errors.New("not a jar file in the Netscape format")

// Why a line is not taken.
var (
	errFields = errors.New("not seven fields with a TAB between them")
	errDomain = errors.New("not a domain")
	errFlag   = errors.New("neither TRUE nor FALSE")
	errExpiry = errors.New("not a time in Unix seconds")
	errSuffix = errors.New("for every site under a public suffix")
)

// Read puts the cookies of a jar file into the jar, in the place of those that are the same. Lines that have none
// are left out, and the error tells of them, each with its number; if it is ErrNoJar, nothing was read. What has
// expired, and what goes over a limit of the jar, is left out without a word. Lines may end with CRLF, and an
// empty value may lack its TAB.
func (j *Jar) Read(file string, now time.Time) error {
	var complaints []error
	bad, good, number := 0, 0, 0
	for line := range strings.Lines(strings.TrimPrefix(file, "\ufeff")) {
		number++
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " ")
		rest, httpOnly := strings.CutPrefix(line, httpOnlyMark)
		if strings.TrimSpace(line) == "" || line[0] == '#' && !httpOnly {
			continue
		}
		c, offender, err := parseLine(rest)
		if err == nil {
			good++
			c.httpOnly = httpOnly
			j.put(&c, true, now.Unix())
			continue
		}
		if bad++; bad <= maxComplaints {
			complaints = append(complaints, fmt.Errorf("line %d: %w: %s", number, err, quote(offender)))
		}
	}
	if bad > maxComplaints {
		complaints = append(complaints, fmt.Errorf("%d more lines like these", bad-maxComplaints))
	}
	if bad > 0 && good == 0 {
		return fmt.Errorf("%w: %w", ErrNoJar, complaints[0])
	}
	return errors.Join(complaints...)
}

// quote bounds what an error repeats of a file, which may be anything.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// parseLine takes a line apart. With an error it returns what is wrong: never the value, which may be a secret.
func parseLine(line string) (c cookie, offender string, err error) {
	f := strings.Split(line, "\t")
	if len(f) == 6 {
		f = append(f, "")
	}
	if len(f) != 7 {
		return cookie{}, f[0], errFields
	}
	for i := range f {
		f[i] = strings.Trim(f[i], " ")
	}
	domain, ok := canonicalHost(strings.TrimPrefix(f[0], "."))
	if !ok {
		return cookie{}, f[0], errDomain
	}
	subdomains, ok := parseFlag(f[1])
	if !ok {
		return cookie{}, f[1], errFlag
	}
	secure, ok := parseFlag(f[3])
	if !ok {
		return cookie{}, f[3], errFlag
	}
	expires, ok := parseExpiry(f[4])
	if !ok {
		return cookie{}, f[4], errExpiry
	}
	c = cookie{
		pair: f[5] + "=" + f[6], nameLen: len(f[5]),
		domain: domain, hostOnly: !subdomains || isAddress(domain), path: f[2], expires: expires, secure: secure,
	}
	if err := c.check(); err != nil {
		if errors.Is(err, errPath) {
			return cookie{}, f[2], err
		}
		return cookie{}, f[5], err
	}
	if !prefixHolds(&c, c.path == "/") {
		return cookie{}, f[5], errPrefix
	}
	if !c.hostOnly && len(publicSuffix(domain)) >= len(domain) {
		return cookie{}, f[0], errSuffix
	}
	return c, "", nil
}

func parseFlag(s string) (value, ok bool) {
	switch strings.ToUpper(s) {
	case "TRUE":
		return true, true
	case "FALSE":
		return false, true
	}
	return false, false
}

// parseExpiry reads Unix seconds; browsers' exports have fractions of them, and -1 or nothing for a session.
func parseExpiry(s string) (expires int64, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	switch {
	case s == "" || s == "-1":
		return 0, true
	case whole == "" || !isDigits(whole) || !isDigits(fraction):
		return 0, false
	case strings.Trim(whole, "0") == "":
		return 0, true
	}
	return expiry(whole, 0), true
}

// AppendFile appends the jar as a file, without what has expired. Lines are in the order of domain, path and name,
// whatever came first: jars with the same cookies are the same file.
func (j *Jar) AppendFile(dst []byte, now time.Time) []byte {
	all := make([]*cookie, 0, j.n)
	for _, s := range j.sites {
		for i := range s.cookies {
			if c := &s.cookies[i]; !c.expired(now.Unix()) {
				all = append(all, c)
			}
		}
	}
	slices.SortFunc(all, func(a, b *cookie) int {
		return cmp.Or(cmp.Compare(a.domain, b.domain), cmp.Compare(a.path, b.path),
			cmp.Compare(a.name(), b.name()), compareFlags(a.hostOnly, b.hostOnly))
	})
	dst = append(dst, fileHeader...)
	for _, c := range all {
		dst = c.appendLine(dst)
	}
	return dst
}

func compareFlags(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (c *cookie) appendLine(dst []byte) []byte {
	flag := func(dst []byte, value bool) []byte {
		if value {
			return append(dst, "TRUE\t"...)
		}
		return append(dst, "FALSE\t"...)
	}
	if c.httpOnly {
		dst = append(dst, httpOnlyMark...)
	}
	if !c.hostOnly {
		dst = append(dst, '.')
	}
	dst = append(dst, c.domain...)
	dst = flag(append(dst, '\t'), !c.hostOnly)
	dst = append(dst, c.path...)
	dst = flag(append(dst, '\t'), c.secure)
	dst = strconv.AppendInt(dst, c.expires, 10)
	dst = append(dst, '\t')
	dst = append(dst, c.name()...)
	dst = append(dst, '\t')
	dst = append(dst, c.value()...)
	return append(dst, '\n')
}
