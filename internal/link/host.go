package link

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/idna"
)

// The host is parsed here and not by the library, which refuses ASCII names with "xn--" labels that do not decode
// (browsers go there), and takes "1.2.3.+4" and "[[::1]]" for addresses.

// maxUnicodeHost is the longest name, in bytes, that is made ASCII: that takes quadratic time, and DNS has names of 253.
const maxUnicodeHost = 1 << 10

// Why a host is none.
var (
	errHostEncoding  = errors.New("not valid UTF-8")
	errHostLength    = fmt.Errorf("longer than %d bytes", maxUnicodeHost)
	errHostCharacter = errors.New("has a character that no host may have")
	errHostName      = errors.New("not an internationalized domain name")
	errHostIPv4      = errors.New("ends in a number, and is no IPv4 address")
	errHostIPv6      = errors.New("not an IPv6 address")
)

// placeholder is the host that the library gets to see. It goes through its own host parser unchanged.
const placeholder = "h"

// hosts parses the host for the library, within one call of it.
type hosts struct {
	host string
	err  error
}

// before is called with a host as it is written. The library cannot be told of an error: see hosts.err.
func (h *hosts) before(u *whatwg.Url, raw string) string {
	h.host, h.err = placeholder, nil
	if s := u.Scheme(); s == "http" || s == "https" {
		if h.host, h.err = parseHost(raw); h.err != nil {
			h.err = fmt.Errorf("%w: host %q: %w", ErrInvalid, clip(raw), h.err)
		}
	}
	return placeholder
}

// after is what the library puts into the URL.
func (h *hosts) after(*whatwg.Url, string) string { return h.host }

// parseHost is the host parser of the URL standard, for schemes that have domains (section 3.5).
func parseHost(s string) (string, error) {
	if strings.HasPrefix(s, "[") {
		return parseIPv6(s)
	}
	domain, err := toASCII(unescape(s))
	switch {
	case err != nil:
		return "", err
	case strings.ContainsFunc(domain, forbiddenInDomain):
		return "", errHostCharacter
	case endsInNumber(domain):
		return parseIPv4(domain)
	}
	return domain, nil
}

// unescape decodes what is percent-encoded, and leaves a "%" alone that is not followed by two hexadecimal digits.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// toASCII is "domain to ASCII" (section 3.3), not strict: a name in ASCII is only put in lower case.
func toASCII(domain string) (string, error) {
	if strings.IndexFunc(domain, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return strings.ToLower(domain), nil
	}
	switch {
	case !utf8.ValidString(domain):
		return "", errHostEncoding
	case len(domain) > maxUnicodeHost:
		return "", errHostLength
	}
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.CheckHyphens(false),
		idna.StrictDomainName(false), idna.VerifyDNSLength(false), idna.Transitional(false))
	// The module's tables are those of Unicode 15, where capital sharp s becomes "ss" and so another host.
	ascii, err := profile.ToASCII(strings.ReplaceAll(domain, "\u1e9e", "\u00df"))
	if err != nil || ascii == "" {
		return "", errHostName
	}
	return ascii, nil
}

// forbiddenInDomain reports whether r is a forbidden domain code point.
func forbiddenInDomain(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`#/:<>?@[\]^|%`, r)
}

// endsInNumber reports whether the last label of a domain makes it an IPv4 address or nothing.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseNumber(last)
	return ok
}

// parseNumber parses a part of an IPv4 address: decimal, octal behind "0", hexadecimal behind "0x". What is too large
// for any part is MaxUint64.
func parseNumber(s string) (n uint64, ok bool) {
	base := 10
	switch {
	case s == "":
		return 0, false
	case strings.HasPrefix(s, "0x"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// parseIPv4 takes all forms that inet_aton took: the last part is for all bytes that the others leave.
func parseIPv4(s string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	if len(parts) > 4 {
		return "", errHostIPv4
	}
	var address uint64
	for i, part := range parts {
		n, ok := parseNumber(part)
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		if !ok || n > math.MaxUint32 || n>>bits != 0 {
			return "", errHostIPv4
		}
		address = address<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), nil
}

// parseIPv6 parses an address in brackets. Zones are none of a URL's.
func parseIPv6(s string) (string, error) {
	inside, closed := strings.CutSuffix(s[1:], "]")
	addr, err := netip.ParseAddr(inside)
	if !closed || err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", errHostIPv6
	}
	if addr.Is4In6() { // which net/netip writes with dots, and the standard as any other
		b := addr.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", uint(b[12])<<8|uint(b[13]), uint(b[14])<<8|uint(b[15])), nil
	}
	return "[" + addr.String() + "]", nil
}
