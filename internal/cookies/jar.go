package cookies

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The limits of a Jar. A fetcher has some 10,000 hosts in the air at once and most set fewer than ten cookies, so
// MaxCookies keeps those hosts from pushing each other out; the 3,000 that RFC 6265 section 6.1 asks for at least
// would not last from one page of a host to its next. In bytes that is what matters for memory, so that a crawl
// of a million hosts stays flat.
const (
	MaxCookie  = 4096     // bytes of name and value together: what browsers take (bis section 5.6)
	MaxHost    = 50       // cookies of one host (or one Domain): RFC 6265 section 6.1 asks for no more
	MaxSite    = 180      // cookies under one registrable domain, as browsers have it, whatever its subdomains do
	MaxCookies = 100_000  // in all
	MaxBytes   = 32 << 20 // in all, as counted by cookie.size
	// MaxHeader is the most that one request carries, in bytes. Servers commonly refuse longer fields (nginx 8 KiB,
	// Apache 8190 bytes); curl sends no more either.
	MaxHeader = 8190
)

// A Jar keeps cookies and says which of them a request carries. Over its limits, the site goes of which no cookie was
// set or sent for longest. The zero value is not usable; New makes one.
type Jar struct {
	sites map[string]*site
	// The sites in the order in which they were last used: a ring with used as its fixed point.
	used  site
	n     int    // cookies
	bytes int    // sum of their sizes
	clock uint64 // counts what is set: it orders, and is finer than the time
}

// site is what is under one registrable domain: all cookies that a host of it can get or set.
type site struct {
	key          string
	cookies      []cookie // by precedes: in the order in which they are sent
	older, newer *site
}

// cookie is one that is kept.
type cookie struct {
	pair     string // name=value
	nameLen  int
	domain   string // in lower case, without a leading dot
	path     string
	expires  int64  // Unix seconds; 0: none, a session cookie
	created  uint64 // by Jar.clock
	set      uint64 // likewise, but when it was last set
	hostOnly bool   // for domain only, and not for what is below it
	secure   bool
	httpOnly bool
}

func (c *cookie) name() string { return c.pair[:c.nameLen] }

func (c *cookie) value() string { return c.pair[c.nameLen+1:] }

// size is what the cookie takes in memory, roughly: its strings, itself, and its share of a site.
func (c *cookie) size() int { return len(c.pair) + len(c.domain) + len(c.path) + 200 }

func (c *cookie) expired(now int64) bool { return c.expires != 0 && c.expires <= now }

// same reports whether c and d are one cookie (bis section 5.7 step 22).
func (c *cookie) same(d *cookie) bool {
	return c.name() == d.name() && c.domain == d.domain && c.hostOnly == d.hostOnly && c.path == d.path
}

// precedes is the order in a request: longer paths first, then what was there first (RFC 6265 section 5.4).
func (c *cookie) precedes(d *cookie) int {
	return cmp.Or(cmp.Compare(len(d.path), len(c.path)), cmp.Compare(c.created, d.created))
}

// New makes an empty jar.
func New() *Jar {
	j := &Jar{sites: map[string]*site{}}
	j.used.older, j.used.newer = &j.used, &j.used
	return j
}

// Len is the number of cookies, of which some may have expired.
func (j *Jar) Len() int { return j.n }

// Set takes in one Set-Cookie field of a response (RFC 6265 section 5.3). secure says whether the connection was (to
// this machine itself any is, as for browsers and curl), host is a name or an IP address without a port, path is
// that of the request; a query behind it does not count. What must not be kept is ignored, as user agents do; nobody is told.
func (j *Jar) Set(secure bool, host, path, setCookie string, now time.Time) {
	f, ok := parseField(setCookie, now.Unix())
	if !ok {
		return
	}
	host, ok = canonicalHost(host)
	if !ok {
		return
	}
	c := cookie{
		pair: f.name + "=" + f.value, nameLen: len(f.name),
		domain: host, hostOnly: true, path: f.path, expires: f.expires, secure: f.secure, httpOnly: f.httpOnly,
	}
	if c.path == "" {
		c.path = defaultPath(path)
	}
	secure = secure || isLocal(host)
	if f.domain != "" {
		if c.domain, c.hostOnly, ok = scope(host, f.domain); !ok {
			return
		}
	}
	if c.secure && !secure || c.check() != nil || !prefixHolds(&c, f.path == "/") {
		return
	}
	j.put(&c, secure, now.Unix())
}

// AppendHeader appends the value of the Cookie field for a request, and nothing if there is no cookie for it (RFC
// 6265 section 5.4). The arguments are those of Set. It allocates nothing but what dst needs.
func (j *Jar) AppendHeader(dst []byte, secure bool, host, path string, now time.Time) []byte {
	if len(j.sites) == 0 {
		return dst
	}
	host, ok := canonicalHost(host)
	if !ok {
		return dst
	}
	s := j.find(host)
	if s == nil {
		return dst
	}
	j.touch(s)
	secure = secure || isLocal(host)
	path = cutQuery(path)
	begin, t := len(dst), now.Unix()
	for i := range s.cookies {
		c := &s.cookies[i]
		if c.expired(t) || c.secure && !secure || !c.covers(host) || !pathMatches(path, c.path) {
			continue
		}
		if len(dst)-begin+len("; ")+len(c.pair) > MaxHeader {
			break
		}
		if len(dst) > begin {
			dst = append(dst, "; "...)
		}
		dst = append(dst, c.pair...)
	}
	return dst
}

// find returns the site that host belongs to, nil if it has no cookies. That is a look at each parent of the host,
// without the list of public suffixes: no parent but the registrable domain is ever a key, save a public suffix or a
// part of an address that is a host itself, whose cookies are for it alone.
func (j *Jar) find(host string) *site {
	for key := host; ; {
		if s := j.sites[key]; s != nil {
			return s
		}
		dot := strings.IndexByte(key, '.')
		if dot < 0 {
			return nil
		}
		key = key[dot+1:]
	}
}

// put keeps c, in the place of the same cookie if there is one, and makes room. One that has expired only takes that
// place away.
func (j *Jar) put(c *cookie, secure bool, now int64) {
	s := j.sites[siteOf(c.domain)]
	if s != nil {
		j.drop(s, func(old *cookie) bool { return old.expired(now) })
		if !secure && s.covered(c) {
			return
		}
	}
	j.clock++
	c.created, c.set = j.clock, j.clock
	if s != nil {
		j.drop(s, func(old *cookie) bool {
			if old.same(c) {
				c.created = old.created
				return true
			}
			return false
		})
	}
	if c.expired(now) {
		j.forgetEmpty(s)
		return
	}
	if s == nil {
		s = j.open(strings.Clone(siteOf(c.domain)))
	}
	c.own(s)
	at, _ := slices.BinarySearchFunc(s.cookies, c, func(a cookie, b *cookie) int { return a.precedes(b) })
	s.cookies = slices.Insert(s.cookies, at, *c)
	j.n++
	j.bytes += c.size()
	j.touch(s)
	j.makeRoom(s, c.domain)
}

// own makes c, which comes to s, keep no longer string than it needs: domain and path may be parts of a field or a URL.
func (c *cookie) own(s *site) {
	if c.domain == s.key {
		c.domain = s.key
	} else {
		c.domain = strings.Clone(c.domain)
	}
	if c.path == "/" {
		c.path = "/"
	} else {
		c.path = strings.Clone(c.path)
	}
}

// covered reports whether c, from a connection that is not secure, would hide or replace a Secure cookie (bis
// section 5.7 step 16): one of the same name whose hosts overlap with those of c, at a path that c is sent to.
func (s *site) covered(c *cookie) bool {
	return slices.ContainsFunc(s.cookies, func(old cookie) bool {
		return old.secure && old.name() == c.name() && pathMatches(c.path, old.path) &&
			(domainMatches(old.domain, c.domain) || domainMatches(c.domain, old.domain))
	})
}

// makeRoom holds the limits after a cookie for domain has come to s, which is the site that was used last.
func (j *Jar) makeRoom(s *site, domain string) {
	of := func(c *cookie) bool { return c.domain == domain }
	if n := s.count(of); n > MaxHost {
		j.dropOldest(s, of)
	}
	if len(s.cookies) > MaxSite {
		j.dropOldest(s, func(*cookie) bool { return true })
	}
	// A site as a whole: one that keeps half of its cookies is worse off than one that starts anew.
	for j.n > MaxCookies || j.bytes > MaxBytes {
		last := j.used.newer
		j.drop(last, func(*cookie) bool { return true })
		j.forgetEmpty(last)
	}
}

func (s *site) count(of func(*cookie) bool) (n int) {
	for i := range s.cookies {
		if of(&s.cookies[i]) {
			n++
		}
	}
	return n
}

// dropOldest drops the one of these cookies that was set least recently, and a Secure one only where there is no
// other: what came over plain HTTP does not push it out (bis section 5.7).
func (j *Jar) dropOldest(s *site, of func(*cookie) bool) {
	var oldest *cookie
	for i := range s.cookies {
		c := &s.cookies[i]
		if of(c) && (oldest == nil || !c.secure && oldest.secure || c.secure == oldest.secure && c.set < oldest.set) {
			oldest = c
		}
	}
	set := oldest.set
	j.drop(s, func(c *cookie) bool { return c.set == set })
}

// drop drops the cookies of s that are such. A site that is empty then stays until forgetEmpty.
func (j *Jar) drop(s *site, such func(*cookie) bool) {
	s.cookies = slices.DeleteFunc(s.cookies, func(c cookie) bool {
		if !such(&c) {
			return false
		}
		j.n--
		j.bytes -= c.size()
		return true
	})
}

func (j *Jar) forgetEmpty(s *site) {
	if s != nil && len(s.cookies) == 0 {
		delete(j.sites, s.key)
		s.older.newer, s.newer.older = s.newer, s.older
	}
}

func (j *Jar) open(key string) *site {
	s := &site{key: key}
	s.older, s.newer = s, s
	j.sites[key] = s
	return s
}

// touch makes s the site that was used last.
func (j *Jar) touch(s *site) {
	s.older.newer, s.newer.older = s.newer, s.older
	s.older, s.newer = j.used.older, &j.used
	s.older.newer, j.used.older = s, s
}
