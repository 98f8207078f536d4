package robots

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// spell writes what was kept of a file, one rule a line, in the order in which they decide.
func spell(f File) string {
	var b strings.Builder
	for r := range f.Rules.All() {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	const star = "User-agent: *\n"
	cases := []struct{ name, body, group, want string }{
		{"empty", "", "", ""},
		{"other robots only", "User-agent: other\nDisallow: /\n", "", ""},
		{"star", "User-agent: *\nDisallow: /a\n", "*", "Disallow: /a\n"},
		{"own before star", "User-agent: crawl\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n", "crawl", "Disallow: /a\n"},
		{"own after star", "User-agent: *\nDisallow: /b\n\nUser-agent: crawl\nDisallow: /a\n", "crawl", "Disallow: /a\n"},
		{"own without rules", "User-agent: *\nDisallow: /\nUser-agent: crawl\n", "crawl", ""},
		{"own with an empty rule", "User-agent: *\nDisallow: /\n\nUser-agent: crawl\nDisallow:\n\nUser-agent: x\nDisallow: /x", "crawl", ""},
		{"groups of one token are merged", "User-agent: crawl\nDisallow: /a\nUser-agent: x\nDisallow: /x\nUser-agent: CRAWL\nDisallow: /b\n", "crawl", "Disallow: /a\nDisallow: /b\n"},
		{"groups of star are merged", "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /x\nUser-agent: *\nDisallow: /b\n", "*", "Disallow: /a\nDisallow: /b\n"},
		{"several names of a group", "User-agent: x\nUser-agent: crawl\nUser-agent: y\nDisallow: /a\n", "crawl", "Disallow: /a\n"},
		{"star and own in one group", "User-agent: *\nUser-agent: crawl\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "crawl", "Disallow: /a\n"},
		{"other lines end no group", "User-agent: crawl\nSitemap: /s\nHost: h\n\n# x\nCrawl-delay: 1\nUser-agent: y\nDisallow: /a\n", "crawl", "Disallow: /a\n"},
		{"rules before the first group", "Disallow: /\nAllow: /x\nUser-agent: *\nDisallow: /a\n", "*", "Disallow: /a\n"},
		{"rules without any group", "Disallow: /\n", "", ""},
		{"a token is compared as a whole", "User-agent: crawler\nDisallow: /a\nUser-agent: craw\nDisallow: /b\nUser-agent: crawl2\nDisallow: /c", "", ""},
		{"what follows the token", "User-agent: crawl/2.0 (x)\nDisallow: /a\n", "crawl", "Disallow: /a\n"},
		{"markup behind the token", "User-agent: *<br>\nDisallow: /a\n", "*", "Disallow: /a\n"},
		{"a star that is part of a name", "User-agent: *bot\nDisallow: /a\n", "", ""},
		{"an empty User-agent is nobody", "User-agent:\nDisallow: /a\n", "", ""},
		{"byte order mark", "\xef\xbb\xbfUser-agent: *\nDisallow: /a\n", "*", "Disallow: /a\n"},
		{"old Macs", "User-agent: *\rDisallow: /a\rDisallow: /b", "*", "Disallow: /a\nDisallow: /b\n"},
		{"white space", " \t User-agent \t:\v* \f\n\u00a0Disallow\u200b :\u3000/a b\u00a0\n", "*", "Disallow: /a%20b\n"},
		{"comments", "#User-agent: x\nUser-agent: *#x\nDisallow: /a#b\nDisallow: # /c\nAllow /d # e", "*", "Allow: /d\nDisallow: /a\n"},
		{"colons are missing", "user-agent *\ndisallow\t/a\ndisallow /b c\ndisallow\n", "*", "Disallow: /a\n"},
		{"colons within a value", star + "Disallow: /a:b\n", "*", "Disallow: /a:b\n"},
		{"misspelled", "useragent: *\ndissallow: /a\ndissalow: /b\ndisalow: /c\ndiasllow: /d\ndisallaw: /e\nDisallowed: /f", "*", "Disallow: /a\nDisallow: /b\nDisallow: /c\nDisallow: /d\nDisallow: /e\nDisallow: /f\n"},
		{"two words", "User agent: *\nDisallow: /a\n", "*", "Disallow: /a\n"},
		{"other names", star + "No-disallow: /a\nNoindex: /b\nx: y\n: /c\n", "*", ""},
		{"what is no path", star + "Disallow: a\nDisallow: http://h/a\nDisallow: $\nDisallow: ?q\nDisallow: *a\n", "*", "Disallow: *a\n"},
		{"longest first, then those that allow, then by line", star + "Disallow: /b\nAllow: /a\nDisallow: /ccc\nAllow: /b\nDisallow: /a\n", "*", "Disallow: /ccc\nAllow: /a\nAllow: /b\nDisallow: /b\nDisallow: /a\n"},
		{"one rule twice", star + "Disallow: /a\nDisallow: /%61\nDisallow: /a\n", "*", "Disallow: /a\n"},
		{"one spelling", star + "Disallow: /%7ejo/%c3%a9é\"%2f$%24*%2a$\n", "*", "Disallow: /~jo/%C3%A9%C3%A9%22%2F%24%24*%2A$\n"},
		{"signs of per cent", star + "Disallow: /%/%4/%zz%\n", "*", "Disallow: /%25/%254/%25zz%25\n"},
		{"an Allow keeps its escapes", star + "Allow: /%7ejo\n", "*", "Allow: /%7Ejo\n"},
		{"bytes that are no text", "\x00\x01\xff\xfe\n" + star + "Disallow: /\xff\x00\n", "*", "Disallow: /%FF%00\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := Parse([]byte(c.body), "crawl")
			if got := spell(f); got != c.want || f.Group != c.group {
				t.Errorf("group %q, rules\n%s\nwant group %q, rules\n%s", f.Group, got, c.group, c.want)
			}
		})
	}
}

// TestTokens: the first token that has a group wins, wherever that stands in the file.
func TestTokens(t *testing.T) {
	body := []byte("User-agent: *\nDisallow: /star\nUser-agent: bot\nDisallow: /bot\nUser-agent: bot-image\nDisallow: /image\nUser-agent: bot\nDisallow: /bot2\n")
	for _, c := range []struct {
		tokens      []string
		group, want string
	}{
		{nil, "*", "Disallow: /star\n"},
		{[]string{""}, "*", "Disallow: /star\n"},
		{[]string{"Bot/1.0"}, "Bot", "Disallow: /bot2\nDisallow: /bot\n"},
		{[]string{"bot-image", "bot"}, "bot-image", "Disallow: /image\n"},
		{[]string{"bot", "bot-image"}, "bot", "Disallow: /bot2\nDisallow: /bot\n"},
		{[]string{"bot-news", "bot"}, "bot", "Disallow: /bot2\nDisallow: /bot\n"},
		{[]string{"bot-news"}, "*", "Disallow: /star\n"},
	} {
		if f := Parse(body, c.tokens...); spell(f) != c.want || f.Group != c.group {
			t.Errorf("for %q: group %q, rules\n%swant group %q, rules\n%s", c.tokens, f.Group, spell(f), c.group, c.want)
		}
	}
}

func TestToken(t *testing.T) {
	for agent, want := range map[string]string{
		"crawl/0.1.0": "crawl", "crawl": "crawl", " crawl (x)": "crawl", "My_Bot-2/1": "My_Bot-2", "archive.org_bot": "archive.org_bot",
		"": "", "/1": "", "(x)": "", "*": "", "Mozilla/5.0 (compatible; x/1)": "Mozilla", "é": "", "a~": "a",
	} {
		if got := Token(agent); got != want {
			t.Errorf("the token of %q is %q, want %q", agent, got, want)
		}
	}
}

func TestDelay(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"1": time.Second, "0.5": 500 * time.Millisecond, ".25": 250 * time.Millisecond, "10.": 10 * time.Second, "2s": 2 * time.Second,
		"0": 0, "": 0, "-1": 0, "x": 0, "NaN": 0, "inf": 0, "1e9": time.Second, "1.2.3": 1200 * time.Millisecond, "0.0001": 0, "1<br>": time.Second,
		"99999999999999999999999999": MaxDelay, "86400.5": MaxDelay, "0." + strings.Repeat("9", 100): 999 * time.Millisecond,
	} {
		if got := Parse([]byte("User-agent: *\nCrawl-delay: " + value)).Rules.Delay(); got != want {
			t.Errorf("Crawl-delay %q is %v, want %v", value, got, want)
		}
	}
}

// TestDelayOfGroup: a delay is that of the names before it, also where a Disallow below it is that of more.
func TestDelayOfGroup(t *testing.T) {
	body := []byte("Crawl-delay: 9\nUser-agent: *\nCrawl-delay: 1\nDisallow: /star\n\nUser-agent: a\nUser-agent: b\nCrawl-delay: 2\nUser-agent: c\nCrawl-delay: 3\nDisallow: /abc\n" +
		"\nUser-agent: d\nDisallow: /d\n\nUser-agent: b\nCrawl-delay: 1.5\nUser-agent: d\n")
	for agent, want := range map[string]time.Duration{"x": 1e9, "a": 2e9, "b": 2e9, "c": 3e9, "d": 0} {
		if got := Parse(body, agent).Rules.Delay(); got != want {
			t.Errorf("the delay of %s is %v, want %v", agent, got, want)
		}
	}
	for agent, want := range map[string]string{"a": "Disallow: /abc\n", "b": "Disallow: /abc\n", "c": "Disallow: /abc\n", "d": "Disallow: /d\n"} {
		if got := spell(Parse(body, agent)); got != want {
			t.Errorf("the rules of %s are %q, want %q", agent, got, want)
		}
	}
}

func TestSitemaps(t *testing.T) {
	body := []byte("Sitemap: http://h/a\nUser-agent: x\nSITE-MAP: /b?c:d\nDisallow: /\nsitemap\t/e\nSitemap:\nSitemap: /f g # h\nSitemap: http://h/a\n")
	want := []string{"http://h/a", "/b?c:d", "/e", "/f g", "http://h/a"}
	if got := Parse(body, "crawl").Sitemaps; !slices.Equal(got, want) {
		t.Errorf("sitemaps %q, want %q", got, want)
	}
}

// TestUTF16: files that an editor has written in UTF-16 are read, in either order of bytes, cut off or not.
func TestUTF16(t *testing.T) {
	big, little := []byte{0xfe, 0xff}, []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("User-agent: *\r\nDisallow: /é\U0001f600\r\n")) {
		big, little = append(big, byte(u>>8), byte(u)), append(little, byte(u), byte(u>>8))
	}
	for _, body := range [][]byte{big, little, append(big, 0)} {
		if got := spell(Parse(body)); got != "Disallow: /%C3%A9%F0%9F%98%80\n" {
			t.Errorf("%q has %q", body, got)
		}
	}
}

// TestLimit: what is behind the limit is ignored, and so is the line that it cuts.
func TestLimit(t *testing.T) {
	const head, tail = "User-agent: *\nDisallow: /a\n", "Disallow: /b\n"
	file := func(size int) []byte {
		return []byte(head + strings.Repeat("#\n", (size-len(head)-len(tail))/2) + strings.Repeat(" ", (size-len(head)-len(tail))%2) + tail)
	}
	for size, want := range map[int]string{Limit: "Disallow: /a\nDisallow: /b\n", Limit + 1: "Disallow: /a\n", Limit + 2: "Disallow: /a\n", 3 * Limit: "Disallow: /a\n"} {
		body := file(size)
		if len(body) != size {
			t.Fatalf("%d bytes, want %d", len(body), size)
		}
		if got := spell(Parse(body)); got != want {
			t.Errorf("of %d bytes: %q, want %q", size, got, want)
		}
		if got, want := spell(Parse(body[:min(size, Limit+1)])), spell(Parse(body)); got != want {
			t.Errorf("of %d bytes, of which %d arrive: %q, want %q", size, Limit+1, got, want)
		}
	}
	if got := spell(Parse([]byte(strings.Repeat("x", Limit) + "\n" + head))); got != "" {
		t.Errorf("behind a line of %d bytes: %q", Limit, got)
	}
}

// TestLongLine: a line counts as far as it is looked at.
func TestLongLine(t *testing.T) {
	body := []byte("User-agent: *\nDisallow: /" + strings.Repeat("a", 2*maxLine) + "\nDisallow: /b" + strings.Repeat(" ", 2*maxLine) + "Allow: /\n")
	rules := Parse(body).Rules
	n := maxLine - len("Disallow: /")
	for target, want := range map[string]bool{
		"/" + strings.Repeat("a", n):        false,
		"/" + strings.Repeat("a", n-1):      true,
		"/" + strings.Repeat("a", 2*n):      false,
		"/b":                                false,
		"/c":                                true,
		"/" + strings.Repeat("a", n) + "bc": false,
	} {
		if got, by := rules.Allowed(target); got != want {
			t.Errorf("a target of %d bytes is allowed: %v, by line %d", len(target), got, by.Line)
		}
	}
}

func TestLine(t *testing.T) {
	body := []byte("\xef\xbb\xbfa\r\nb\rc\n\n  d # e \r")
	for n, want := range []string{"", "a", "b", "c", "", "d # e", ""} {
		if got := Line(body, n); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	got := slices.Collect(Parse([]byte("User-agent: *\r\n\r\nDisallow: /b\rDisallow: /a\n\nAllow: /b\nDisallow: /a\nAllow: /b")).Rules.All())
	want := []Rule{{6, true, "/b"}, {3, false, "/b"}, {4, false, "/a"}}
	if !slices.Equal(got, want) {
		t.Errorf("rules %v, want %v", got, want)
	}
}
