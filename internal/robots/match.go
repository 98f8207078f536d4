package robots

import "strings"

// maxWork bounds what one call of Allowed looks at, in bytes: up to ten ms. A file of 500 KiB with nothing but wildcards
// comes to that with a target of about a hundred bytes; what is common stays below a thousandth of it.
const maxWork = 4 << 20

// perRule is what a rule costs besides what is compared, in bytes of maxWork.
const perRule = 8

// Allowed reports whether the rules let a crawler ask for target, path and query as link.URL.Target gives them
// (percent-encoded: a byte outside of ASCII is equal to none of a rule), and the rule that decides: the longest that matches,
// one that allows before one that does not (RFC 9309 section 2.2.2). Without any it is allowed, and the rule is zero.
//
// "/robots.txt" is allowed whatever the rules say. If it takes too much work to find the rule (see maxWork), which
// no file that is meant to be obeyed needs, the target is not allowed, and the rule is zero.
func (r Rules) Allowed(target string) (allowed bool, decides Rule) {
	if r.list == "" {
		return true, Rule{}
	}
	plain, needless := respelled(target, false, false)
	if plain == "/robots.txt" {
		return true, Rule{}
	}
	written := ""
	if needless { // else it has nothing that a literal rule has
		written, _ = respelled(target, false, true)
	}
	work := maxWork
	for list := r.list; list != ""; {
		var one rule
		one, list = next(list)
		subject := plain
		if one.literal {
			subject = written
		}
		if matches(one.Pattern, subject, &work) {
			return one.Allow, one.Rule
		}
		if work < 0 {
			return false, Rule{}
		}
	}
	return true, Rule{}
}

// matches reports whether a pattern matches the beginning of target, or, if it ends with "$", the whole. In both, as they are
// spelled, "*" and "$" have no other meaning: see respelled.
func matches(pattern, target string, work *int) bool {
	i := 0
	for i < len(pattern) && i < len(target) && pattern[i] == target[i] {
		i++
	}
	*work -= perRule + i
	switch {
	case i == len(pattern):
		return true
	case pattern[i] == '$':
		return i == len(target)
	case pattern[i] == '*':
		return matchesPieces(pattern[i+1:], target[i:], work)
	}
	return false
}

// matchesPieces is matches behind the first "*". Each piece between two of them is looked for behind the one before, and taken
// where it is found first: if any place will do, that one will. So no place is looked at twice.
func matchesPieces(pattern, target string, work *int) bool {
	*work -= len(pattern) + len(target)
	pattern, whole := strings.CutSuffix(pattern, "$")
	for *work >= 0 {
		piece, rest, more := strings.Cut(pattern, "*")
		if !more && whole {
			return strings.HasSuffix(target, piece)
		}
		i := strings.Index(target, piece)
		if i < 0 || !more {
			return i >= 0
		}
		pattern, target = rest, target[i+len(piece):]
	}
	return false
}
