package link

import (
	"fmt"
	"slices"
	"strings"
)

// A Canon says which URLs are taken for the same page, and what is asked of a server for it: docs/urls.md has the policy.
// The zero value strips nothing.
type Canon struct {
	strip []string // names of query parameters; one that ends in "*" is the beginning of names
}

// tracking are parameters that tell a site where its visitors come from, and change nothing of a page: those of
// the large advertisers, and of the programs that send newsletters and count visits.
func tracking() []string {
	return []string{
		"utm_*", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid", "_ga", "_gl", "fbclid", "igshid", "msclkid", "yclid", "ysclid",
		"twclid", "ttclid", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsCtaTracking", "pk_campaign", "pk_kwd",
		"pk_source", "pk_medium", "piwik_campaign", "piwik_kwd", "mtm_*", "matomo_campaign", "matomo_kwd", "oly_anon_id", "oly_enc_id", "vero_id",
	}
}

// NewCanon makes a Canon that strips the query parameters of these names, which are compared as they are meant, percent-decoded;
// case counts. A name may end in "*", and "tracking" is a set of those that say where a visitor comes from.
func NewCanon(strip []string) (*Canon, error) {
	c := &Canon{}
	for _, name := range strip {
		switch {
		case name == "tracking":
			c.strip = append(c.strip, tracking()...)
			continue
		case name == "" || strings.Contains(strings.TrimSuffix(name, "*"), "*"):
			return nil, fmt.Errorf("%q: must be the name of a query parameter, or its beginning and *, or tracking", name)
		}
		c.strip = append(c.strip, name)
	}
	return c, nil
}

// Request is the URL that is fetched for u: without its fragment, which no server gets to see, and without what is to
// be stripped. All else is as it stands in the page.
func (c *Canon) Request(u *URL) URL {
	v := u.WithFragment("")
	if len(c.strip) == 0 {
		return v
	}
	path := v.pathLen() + int(v.path)
	query, ok := strings.CutPrefix(v.href[path:], "?")
	if !ok {
		return v
	}
	kept := make([]string, 0, 8)
	for parameter := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if !c.strips(unescape(name)) {
			kept = append(kept, parameter)
		}
	}
	if stripped := strings.Join(kept, "&"); stripped != query {
		if stripped != "" {
			stripped = "?" + stripped
		}
		v.href = v.href[:path] + stripped
		v.fragment = uint32(len(v.href))
	}
	return v
}

func (c *Canon) strips(name string) bool {
	return slices.ContainsFunc(c.strip, func(s string) bool {
		begin, longer := strings.CutSuffix(s, "*")
		return name == s || longer && strings.HasPrefix(name, begin)
	})
}

// Key is what two URLs have in common that are taken for the same page. It is a URL too, but not one to ask for:
// what Request is, with the TargetKey of its path and query.
func (c *Canon) Key(u *URL) string {
	v := c.Request(u)
	return v.href[:v.path] + TargetKey(v.href[v.path:])
}

// TargetKey is what two targets (URL.Target) of one origin have in common that are taken for the same page: an empty query is
// none, what is percent-encoded without need is decoded (RFC 3986 section 6.2.2), and percent-encodings are in upper
// case. Nearly all targets are their own keys; to see that costs no allocation.
func TargetKey(target string) string {
	if i := strings.IndexByte(target, '?'); i >= 0 && i == len(target)-1 {
		target = target[:i]
	}
	for rest := target; ; {
		i := strings.IndexByte(rest, '%')
		if i < 0 {
			return target
		}
		rest = rest[i:]
		if high, low, ok := escaped(rest); ok && (isUnreserved(high<<4|low) || !isUpper(rest[1]) || !isUpper(rest[2])) {
			return normalEscapes(target)
		}
		rest = rest[1:]
	}
}

// isUpper reports whether a hexadecimal digit has no other case, or is in upper case.
func isUpper(digit byte) bool { return digit <= 'F' }

// normalEscapes writes percent-encodings in one way. What would complete another one by that stays as it is: "%4%31".
func normalEscapes(s string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	out.Grow(len(s))
	open := 0 // so many hexadecimal digits would complete a "%" that is just one
	for i := 0; i < len(s); i++ {
		c := s[i]
		if high, low, ok := escaped(s[i:]); ok {
			i += 2
			c = high<<4 | low
			if _, isHex := hexDigit(c); !isUnreserved(c) || open > 0 && isHex {
				out.WriteByte('%')
				out.WriteByte(digits[high])
				out.WriteByte(digits[low])
				open = 0
				continue
			}
		}
		out.WriteByte(c)
		if _, isHex := hexDigit(c); c == '%' {
			open = 2
		} else if isHex && open > 0 {
			open--
		} else {
			open = 0
		}
	}
	return out.String()
}

// escaped is the percent-encoded byte that s begins with, in halves.
func escaped(s string) (high, low byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, 0, false
	}
	high, first := hexDigit(s[1])
	low, second := hexDigit(s[2])
	return high, low, first && second
}

// isUnreserved reports whether a byte means the same whether it is percent-encoded or not (RFC 3986 section 2.3).
func isUnreserved(c byte) bool {
	return isAlpha(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
