package fetch

import (
	"errors"
	"fmt"
	"strings"
)

// Netrc is what a netrc file has: users and passwords by host. A nil Netrc has none.
type Netrc struct{ entries []netrcEntry }

// netrcEntry is one "machine", or "default" if it has no host.
type netrcEntry struct{ host, login, password string }

var errQuote = errors.New("a quoted string does not end in its line")

// ParseNetrc reads a netrc file as curl does: words apart by white space, "machine" or "default", then "login" and
// "password" with a word each, which may be a string in double quotes with \", \\, \n, \r and \t in it. "#" at the
// beginning of a word makes the rest of the line a comment; "account" and macros ("macdef", up to a blank line) are
// skipped. An error names the line, and nothing of what stands there.
func ParseNetrc(text string) (*Netrc, error) {
	p := netrcParser{netrc: &Netrc{}}
	number, macro := 0, false
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if macro {
			macro = strings.TrimSpace(line) != ""
			continue
		}
		for {
			word, rest, err := cutWord(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			if word.text == "" && !word.quoted {
				break
			}
			line = rest
			if macro = p.take(word); macro {
				break
			}
			if p.err != nil {
				return nil, fmt.Errorf("line %d: %w", number, p.err)
			}
		}
	}
	if p.wants != "" {
		return nil, fmt.Errorf("line %d: nothing follows %q", number, p.wants)
	}
	return p.netrc, nil
}

// netrcParser takes a file word by word.
type netrcParser struct {
	netrc *Netrc
	wants string // the keyword whose word comes next
	err   error
}

// netrcWord is a word; one in quotes is no keyword.
type netrcWord struct {
	text   string
	quoted bool
}

// take takes the next word, and reports whether a macro begins with it.
func (p *netrcParser) take(w netrcWord) (macro bool) {
	all := p.netrc.entries
	wants := p.wants
	p.wants = ""
	switch wants {
	case "machine":
		p.netrc.entries = append(all, netrcEntry{host: w.text})
		return false
	case "login", "password":
		if len(all) == 0 {
			p.err = fmt.Errorf("%q before any machine", wants)
		} else if wants == "login" {
			all[len(all)-1].login = w.text
		} else {
			all[len(all)-1].password = w.text
		}
		return false
	case "account":
		return false
	}
	keyword := strings.ToLower(w.text)
	switch {
	case w.quoted:
		p.err = errors.New("a quoted string where a keyword should be")
	case keyword == "machine", keyword == "login", keyword == "password", keyword == "account":
		p.wants = keyword
	case keyword == "default":
		p.netrc.entries = append(all, netrcEntry{})
	case keyword == "macdef":
		return true
	default:
		p.err = errors.New("a word that is no keyword")
	}
	return false
}

// cutWord takes the first word off a line; none is left if there is only white space, or a comment.
func cutWord(line string) (w netrcWord, rest string, err error) {
	line = strings.TrimLeft(line, " \t")
	switch {
	case line == "" || line[0] == '#':
		return w, "", nil
	case line[0] != '"':
		end := strings.IndexAny(line, " \t")
		if end < 0 {
			end = len(line)
		}
		return netrcWord{text: line[:end]}, line[end:], nil
	}
	var text []byte
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return netrcWord{text: string(text), quoted: true}, line[i+1:], nil
		case c == '\\' && i+1 < len(line):
			i++
			text = append(text, unquoted(line[i]))
		default:
			text = append(text, c)
		}
	}
	return w, "", errQuote
}

// unquoted is what a character behind a backslash stands for.
func unquoted(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// basic is the value of Authorization for the first entry of a host, of that login unless it is ""; the entry for all other
// hosts will do if byDefault says so. An entry with neither login nor password is for nobody: nothing is sent there.
func (n *Netrc) basic(host, login string, byDefault bool) string {
	if n == nil {
		return ""
	}
	for _, e := range n.entries {
		if e.host == "" && !byDefault || e.host != "" && !strings.EqualFold(e.host, host) {
			continue
		}
		if login != "" && e.login != login {
			continue
		}
		if e.login == "" && e.password == "" {
			return ""
		}
		return Basic(e.login, e.password)
	}
	return ""
}
