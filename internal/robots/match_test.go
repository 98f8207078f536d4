package robots

import (
	"fmt"
	"strings"
	"testing"
)

func rulesOf(lines string) Rules {
	return Parse([]byte("User-agent: *\n" + strings.ReplaceAll(lines, "|", "\n"))).Rules
}

// TestAllowed: each case is rules, a target, whether it is allowed, and the line that decides.
func TestAllowed(t *testing.T) {
	cases := []struct {
		rules, target string
		want          bool
		line          int
	}{
		{"Disallow: /a", "/a", false, 2},
		{"Disallow: /a", "/abc?d", false, 2},
		{"Disallow: /a", "/b/a", true, 0},
		{"Disallow: /a", "/", true, 0},
		{"Disallow: /A", "/a", true, 0},
		{"Disallow: /|Allow: /a", "/a", true, 3},
		{"Disallow: /|Allow: /a", "/b", false, 2},
		{"Disallow: /a|Allow: /a", "/a", true, 3},
		{"Disallow: /*b|Allow: /ab", "/ab", true, 3},
		{"Disallow: /*/x|Allow: /a", "/a/x", false, 2},
		{"Disallow: *", "/", false, 2},
		{"Disallow: *|Allow: /$", "/", true, 3},
		{"Disallow: *|Allow: /$", "/a", false, 2},
		{"Disallow: /*.gif$", "/a/b.gif", false, 2},
		{"Disallow: /*.gif$", "/a.gif.gif", false, 2},
		{"Disallow: /*.gif$", "/a.gif?b", true, 0},
		{"Disallow: /*.gif$", "/.gi", true, 0},
		{"Disallow: /a*b*c$", "/abcbc", false, 2},
		{"Disallow: /a*bc*c$", "/abc", true, 0},
		{"Disallow: /a*a$", "/a", true, 0},
		{"Disallow: /a**$", "/a", false, 2},
		{"Disallow: /*?*a", "/x?b=a", false, 2},
		{"Disallow: /*?", "/x", true, 0},
		{"Disallow: /$a", "/$a", false, 2},
		{"Disallow: /$a", "/", true, 0},
		{"Disallow: /$$", "/$", false, 2},
		{"Disallow: /a%24", "/a$b", false, 2},
		{"Disallow: /a%2A", "/a*", false, 2},
		{"Disallow: /a%2A", "/ab", true, 0},
		// RFC 9309 section 2.2.2: the table of percent-encodings, forbidding.
		{"Disallow: /foo/bar?baz=quz", "/foo/bar?baz=quz", false, 2},
		{"Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false, 2},
		{"Disallow: /foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", false, 2},
		{"Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false, 2},
		{"Disallow: /foo/bar/baz", "/foo/bar/%62%61%7A", false, 2},
		{"Disallow: /%7Ejoe/", "/~joe/", false, 2},
		{"Disallow: /~joe/", "/%7ejoe/", false, 2},
		{"Disallow: /a%2Fb", "/a/b", true, 0},
		{"Disallow: /a/b", "/a%2fb", true, 0},
		{"Disallow: /a%2fb", "/a%2Fb", false, 2},
		{"Disallow: /a%3Fb", "/a?b", true, 0},
		{"Disallow: /a b", "/a%20b", false, 2},
		{"Disallow: /a{b}", "/a%7Bb%7d", false, 2},
		{"Disallow: /a|Disallow: /100%", "/100%25", false, 3},
		// An Allow lets in what is spelled as it is, or plainly.
		{"Disallow: /|Allow: /~joe/", "/~joe/", true, 3},
		{"Disallow: /|Allow: /~joe/", "/%7Ejoe/", true, 3},
		{"Disallow: /|Allow: /%7ejoe/", "/%7Ejoe/", true, 3},
		{"Disallow: /|Allow: /%7Ejoe/", "/~joe/", false, 2},
		{"Disallow: /|Allow: /ツ", "/%e3%83%84", true, 3},
		{"Disallow: /|Allow: /ツ", "/ツ", false, 2},
		{"Disallow: /", "/robots.txt", true, 0},
		{"Disallow: /robots.txt$", "/robots%2Etxt", true, 0},
		{"Disallow: /", "/robots.txt?a", false, 2},
		{"Disallow: /", "/a/robots.txt", false, 2},
	}
	for _, c := range cases {
		got, by := rulesOf(c.rules).Allowed(c.target)
		if got != c.want || by.Line != c.line {
			t.Errorf("%s under %q: %v by %q of line %d, want %v by line %d", c.target, c.rules, got, by, by.Line, c.want, c.line)
		}
	}
}

func TestNothing(t *testing.T) {
	for target, want := range map[string]bool{"/": false, "/a?b": false, "/robots.txt": true} {
		if got, by := Nothing().Allowed(target); got != want || by.Line != 0 {
			t.Errorf("%s: %v by line %d, want %v by no line", target, got, by.Line, want)
		}
	}
	var d draft
	d.add(0, false, []byte("/"))
	if packed := d.pack(0); Nothing() != packed {
		t.Errorf("%q is not what pack makes of it, %q", Nothing().list, packed.list)
	}
}

// trial is a file and a target; laborious says that nothing is allowed because of that.
type trial struct {
	body      []byte
	target    string
	laborious bool
}

// hostile are files of 500 KiB that are as laborious as they can be, each with a target.
func hostile() map[string]trial {
	fill := func(line func(i int) string) []byte {
		b := []byte("User-agent: *\n")
		for i := 0; ; i++ {
			l := line(i)
			if len(b)+len(l)+1 > Limit {
				return b
			}
			b = append(append(b, l...), '\n')
		}
	}
	long := "/" + strings.Repeat("a", 8<<10)
	return map[string]trial{
		"one rule":    {fill(func(i int) string { return "Disallow:/" + strings.Repeat("*a", 8000) + fmt.Sprintf("*b%dX$", i) }), long, false},
		"many rules":  {fill(func(i int) string { return fmt.Sprintf("Allow:*%x", 0xb0000+i) }), long, true},
		"near misses": {fill(func(i int) string { return "Allow:*" + strings.Repeat("a", 60) + fmt.Sprintf("b%d", i) }), long, true},
		"stars":       {fill(func(i int) string { return "Allow:" + strings.Repeat("*", 16000) + fmt.Sprintf("b%d", i) }), long, false},
		"no stars":    {fill(func(i int) string { return fmt.Sprintf("Allow:/%x", i) }), "/x", false},
	}
}

// TestHostile: whatever a file says, looking for a rule ends after a bounded amount of work, and then nothing is allowed;
// robots.txt itself still is. Files that come to less are answered from, for all their wildcards.
func TestHostile(t *testing.T) {
	for name, h := range hostile() {
		rules := Parse(h.body).Rules
		allowed, by := rules.Allowed(h.target)
		if allowed == h.laborious || by != (Rule{}) {
			t.Errorf("%s: %v by line %d, want %v by none", name, allowed, by.Line, !h.laborious)
		}
		if allowed, _ := rules.Allowed("/robots.txt"); !allowed {
			t.Errorf("%s: /robots.txt is not allowed", name)
		}
	}
	several := Parse(hostile()["many rules"].body).Rules
	if allowed, by := several.Allowed("/some/page.html"); !allowed || by.Line != 0 {
		t.Errorf("a common target: %v by line %d", allowed, by.Line)
	}
}

// TestLinear: the work of a pattern is its length and that of the target, however many wildcards it has.
func TestLinear(t *testing.T) {
	for _, pieces := range []int{1, 10, 100, 1000} {
		pattern, target := "/"+strings.Repeat("*a", pieces)+"*b", "/"+strings.Repeat("a", 4000)
		work := maxWork
		if matches(pattern, target, &work) {
			t.Errorf("%d pieces: it matches", pieces)
		}
		if spent := maxWork - work; spent > len(pattern)+len(target)+perRule {
			t.Errorf("%d pieces: work of %d", pieces, spent)
		}
	}
}
