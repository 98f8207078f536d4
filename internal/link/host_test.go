package link

import (
	"errors"
	"strings"
	"testing"
)

// TestHosts: however a host is written, there is one spelling of it.
func TestHosts(t *testing.T) {
	for want, forms := range map[string][]string{
		"127.0.0.1": {
			"127.0.0.1", "127.0.0.1.", "0x7f.1", "0X7F.0.0.1", "017700000001", "0x7f000001", "2130706433", "127.1", "127.0.1",
			"0177.0.0.01", "%31%32%37.0.0.1", "%3127.1", "１２７.0.0.1", "127。0．0｡1", "%EF%BC%91%32%37.1", "0x000000000000000007f.1",
		},
		"169.254.169.254":    {"169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.16689662"},
		"0.0.0.0":            {"0", "0x", "0.0x0.0.", "00"},
		"255.255.255.255":    {"4294967295", "255.255.65535", "0xffffffff"},
		"::1":                {"[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]"},
		"::ffff:7f00:1":      {"[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]"},
		"::ffff:0:1":         {"[::ffff:0.0.0.1]", "[::ffff:0:1]"},
		"2001:db8::1":        {"[2001:DB8::1]", "[2001:db8:0:0:0:0:0:1]"},
		"2001:db8:0:1::1":    {"[2001:db8:0:1:0:0:0:1]"},
		"1:0:0:2::3":         {"[1:0:0:2:0:0:0:3]", "[1:0:0:2:0::3]"},
		"1::2:0:0:3:4":       {"[1:0:0:2:0:0:3:4]"},
		"1:2:3:4:5:6:7:0":    {"[1:2:3:4:5:6:7::]"},
		"::":                 {"[::]", "[0:0::0:0]"},
		"xn--mnchen-3ya.de":  {"münchen.de", "MÜNCHEN.de", "m%C3%BCnchen.de", "mu\u0308nchen.de", "mün\u00adchen.de", "xn--mnchen-3ya.de", "XN--MNCHEN-3YA.DE"},
		"xn--fa-hia.example": {"faß.example", "fa\u1e9e.example"},
		"kelvin":             {"\u212aelvin"},
		"xn--pokxncvks":      {"xn--pokxncvks", "XN--pokxncvks"},
		"xn--":               {"xn--"},
		"example.com.":       {"example.com.", "EXAMPLE.com%2E"},
		"a..b":               {"a..b"},
		"1.2.3.+4":           {"1.2.3.+4"},
		"-1":                 {"-1", "%2D1"},
		"0x+7f":              {"0x+7f"},
		"1.2.3.4a":           {"1.2.3.4a"},
		"4.1a":               {"4.1a"},
		"a_b~!$&'()*,;=":     {"a_b~!$&'()*,;="},
	} {
		for _, form := range forms {
			for _, scheme := range []string{"http", "https"} {
				u, err := Parse(scheme + "://" + form + "/x")
				if err != nil || u.Host() != want {
					t.Errorf("%q is %q, %v, want %q", form, u.Host(), err, want)
				}
				if bare, err := Parse(scheme + "://" + form); err != nil || bare.Host() != want || bare.Target() != "/" {
					t.Errorf("%q without a path is %+v, %v", form, bare, err)
				}
			}
		}
	}
}

func TestHostErrors(t *testing.T) {
	for want, forms := range map[error][]string{
		errHostIPv4: {
			"256.1.1.1", "1.2.3.256", "1.2.3.4.5", "1.2.65536", "4294967296", "0x100000000", "99999999999999999999999", "08", "1.2.3.09",
			"1..2", "a.1", "a.0x", "0x7g.1", "1.2.3.4.5.", "192.168.0.1_.7", "１.２.３.４５６", ".1",
		},
		errHostIPv6: {
			"[]", "[:]", "[:::]", "[::1", "[[::1]]", "[::1]]", "[1.2.3.4]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]",
			"[1::2::3]", "[::12345]", "[::g]", "[::1.2.3]", "[::1.2.3.256]", "[::1.2.3.04]", "[::1.2.3.4.5]", "[1:2:3:4:5:6:7:1.2.3.4]", "[1:]", "[::1 ]",
		},
		errHostCharacter: {"a b", "a%00b", "a%2Fb", "a%3Ab", "a%5Bb", "a%", "a%2525", "a<b", "a|b", "a^b", "%7F", "a%40b", "\x01", "a]b", "www.lookout.net⩴80"},
		errHostName:      {"\u200d.example", "xn--0.ß", "\u00ad", "\u05d0a", "\ufffd", "a\u0300\u0378"},
		errHostEncoding:  {"%ff", "%C3", "a%80"},
		errHostLength:    {strings.Repeat("é", maxUnicodeHost/2) + "a", strings.Repeat("%C3%A9", maxUnicodeHost)},
	} {
		for _, form := range forms {
			u, err := Parse("http://" + form + "/")
			if !errors.Is(err, want) || !errors.Is(err, ErrInvalid) || u != (URL{}) {
				t.Errorf("%.80q is %+v, %v, want nothing and %v", form, u, err, want)
			}
		}
	}
}
