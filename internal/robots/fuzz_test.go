package robots

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzParse: whatever a file is, it is read, and what is kept of it is what a slow and obvious reading says; it has its bounds, and
// written as a file again it says the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"User-agent: *\nDisallow: /a\nAllow: /b$\n", "\xef\xbb\xbfuser-agent crawl\r\rdisallow: /é%7e%2f\r\nCrawl-delay: 1.5\nSitemap: /s\n",
		"\xff\xfeU\x00s\x00e\x00r\x00", "User-agent: a\nUser-agent: crawl\nDisallow: *\n\nUser-agent: *\nCrawl-delay:1\nUser-agent:b\nAllow:/\n",
		"Disallow: /\nUser-agent: *\nuser-agent: crawl\n", "\x00#\xff\n:\n", "User-agent: other\nDisallow: /x\nUser-agent: bot\nAllow: /%41*%2a%\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, tokens := range [][]string{nil, {"crawl"}, {"other", "crawl"}} {
			file := Parse(body, tokens...)
			checkFile(t, body, file)
			wantGroup, want := obvious(body, tokens)
			var got []string
			for r := range file.Rules.All() {
				got = append(got, r.String())
			}
			slices.Sort(got)
			if file.Group != wantGroup || !slices.Equal(got, want) {
				t.Fatalf("for %q: group %q, rules %q, want group %q, %q", tokens, file.Group, got, wantGroup, want)
			}
		}
		if len(body)%64 == 0 { // which is slow
			long := append(append(bytes.Repeat([]byte{'#'}, Limit-len(body)/2), '\n'), body...)
			if got, want := spell(Parse(append(long, body...))), spell(Parse(long[:min(len(long), Limit+1)])); got != want {
				t.Fatalf("the file has %q, what is needed of it %q", got, want)
			}
		}
	})
}

// checkFile holds for every file.
func checkFile(t *testing.T, body []byte, f File) {
	t.Helper()
	if allowed, _ := f.Rules.Allowed("/robots.txt"); !allowed {
		t.Fatal("robots.txt is not allowed")
	}
	if d := f.Rules.Delay(); d < 0 || d > MaxDelay {
		t.Fatalf("delay %v", d)
	}
	if f.Group == "" && (f.Rules != Rules{}) {
		t.Fatalf("rules %q of no group", f.Rules.list)
	}
	again := []byte("User-agent: *\n")
	for r := range f.Rules.All() {
		if line := Line(body, r.Line); !strings.Contains(strings.ToLower(line), "al") || len(r.Pattern) == 0 {
			t.Fatalf("%q is of line %d, which is %q", r, r.Line, line)
		}
		if len(r.String()) > maxLine {
			return
		}
		again = append(again, r.String()+"\n"...)
	}
	if got, want := spell(Parse(again)), spell(f); got != want && len(again) <= Limit {
		t.Fatalf("written again, the rules are\n%s\nnot\n%s", got, want)
	}
}

// obvious reads a file group by group, as RFC 9309 section 2.2 describes it, and returns the group that counts and its rules, sorted.
func obvious(body []byte, tokens []string) (string, []string) {
	type group struct{ names, rules []string }
	var groups []*group
	begun := false // the names of the last group are not all there yet
	for _, line := range lines(body) {
		name, value := split(line)
		switch means := nameOf(name); means {
		case userAgent:
			if !begun {
				groups = append(groups, &group{})
			}
			begun = true
			last, named := groups[len(groups)-1], Token(string(value))
			if regexp.MustCompile(`^\*([^-.\w]|$)`).Match(value) {
				named = "*"
			}
			last.names = append(last.names, strings.ToLower(named))
		case allow, disallow:
			begun = false
			if strings.IndexAny(string(value), "/*") == 0 && len(groups) > 0 {
				last := groups[len(groups)-1]
				pattern, _ := respelled(string(value), true, means == allow)
				last.rules = append(last.rules, Rule{Allow: means == allow, Pattern: pattern}.String())
			}
		}
	}
	for _, token := range append(slices.Clone(tokens), "*") {
		found := false
		rules := []string(nil)
		for _, g := range groups {
			if slices.Contains(g.names, token) {
				found, rules = true, append(rules, g.rules...)
			}
		}
		if found {
			slices.Sort(rules)
			return token, slices.Compact(rules)
		}
	}
	return "", nil
}

// FuzzMatch: what is allowed is what regular expressions say that are made of the rules, one a line, "+/path" or "-/path".
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{
		{"-/\n+/a", "/ab"},
		{"-/*a*b$\n+/a*", "/aXbXb"},
		{"-/%7Ea/%2f\n+/~a/%2F", "/%7ea/%2f"},
		{"-/\n+/%61", "/a"},
		{"-/$\n+*$$", "/$"},
		{"-/%2a*%24\n+/é ", "/*x$"},
		{"-/a**a\n+/%\n-/%25%4", "/a%4"},
		{"-*\"{}|\\", "/%22{%7D|"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, lines, target string) {
		file := "User-agent: *\n"
		for line := range strings.SplitSeq(lines, "\n") {
			if rest, ok := strings.CutPrefix(line, "+"); ok {
				file += "Allow: " + rest + "\n"
			} else if rest, ok := strings.CutPrefix(line, "-"); ok {
				file += "Disallow: " + rest + "\n"
			}
		}
		if strings.ContainsAny(lines, "#\r") || len(file) > maxLine || len(target) > maxLine {
			return
		}
		target = "/" + target
		got, by := Parse([]byte(file)).Rules.Allowed(target)
		if want, pattern := slowly(file, target); got != want {
			t.Fatalf("%q under\n%s is %v by %q of line %d, want %v by %q", target, file, got, by, by.Line, want, pattern)
		}
	})
}

// slowly answers as Allowed does.
func slowly(file, target string) (allowed bool, pattern string) {
	if plainly(target, false) == "/robots.txt" {
		return true, ""
	}
	longest, allowed := -1, true
	for line := range strings.Lines(file) {
		name, value, _ := strings.Cut(line, ":")
		value = string(trim([]byte(value)))
		if name == "User-agent" || value == "" || value[0] != '/' && value[0] != '*' {
			continue
		}
		allow := name == "Allow"
		expression, length := expressionOf(value, allow)
		// An Allow with needless escapes is for what is written so; all else is for what is meant.
		subject := plainly(target, false)
		if allow && plainly(value, false) != plainly(value, true) {
			subject = plainly(target, true)
		}
		if length >= longest && regexp.MustCompile(expression).MatchString(latin(subject)) {
			allowed = allow || length == longest && allowed && longest >= 0
			longest, pattern = length, value
		}
	}
	return allowed, pattern
}

// expressionOf is a rule as a regular expression, and its length in octets.
func expressionOf(value string, allow bool) (expression string, length int) {
	value, end := strings.CutSuffix(value, "$")
	pieces := strings.Split(value, "*")
	for i, piece := range pieces {
		piece = escapeBytes(plainly(piece, allow))
		length += len(piece)
		pieces[i] = regexp.QuoteMeta(piece)
	}
	expression = "(?s)^" + strings.Join(pieces, ".*")
	length += len(pieces) - 1
	if end {
		return expression + "$", length + 1
	}
	return expression, length
}

// plainly escapes what has to be escaped, but for bytes outside of ASCII, and undoes other escapes unless they are kept.
func plainly(s string, keep bool) string {
	const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	return regexp.MustCompile(`(?s)%[0-9A-Fa-f]{2}|[\x00-\x7f]`).ReplaceAllStringFunc(s, func(one string) string {
		if len(one) == 3 {
			v := []byte{hexValue(one[1])*16 + hexValue(one[2])}
			if bytes.ContainsAny(v, unreserved) && v[0] < 0x80 && !keep {
				return string(v)
			}
			return strings.ToUpper(one)
		}
		if strings.Contains(unreserved+":/?#[]@!&'()+,;=", one) {
			return one
		}
		return escapeByte(one[0])
	})
}

func hexValue(c byte) byte { return byte(strings.IndexByte("0123456789abcdef", c|0x20)) }

func escapeByte(c byte) string {
	const digits = "0123456789ABCDEF"
	return "%" + digits[c/16:c/16+1] + digits[c%16:c%16+1]
}

// escapeBytes escapes what is not ASCII.
func escapeBytes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < 0x80 {
			b.WriteByte(s[i])
		} else {
			b.WriteString(escapeByte(s[i]))
		}
	}
	return b.String()
}

// latin makes a rune of each byte, which is what regular expressions see.
func latin(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}
