package item

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What is read of an element besides its attributes.
const (
	attrText = "text"
	attrHTML = "html"
)

// A Field is a value of an item: where it stands, and what it has to be.
type Field struct {
	Name string

	selector selector
	attr     string // attrText, attrHTML, or the name of an attribute
	kind     Kind
	required bool
	many     bool
	fallback any            // nil: there is none
	pattern  *regexp.Regexp // nil: the whole is the value
	layouts  [][2]string    // of dates; nil: those of dateLayouts
}

// maxName is the longest name of a field, in bytes.
const maxName = 64

// checkName refuses a name that would need quotes somewhere.
func checkName(name string) error {
	odd := strings.IndexFunc(name, func(r rune) bool {
		isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !isLetter && r != '_' && r != '-' && (r < '0' || r > '9')
	})
	if name == "" || len(name) > maxName || odd >= 0 || strings.IndexByte("0123456789-", name[0]) >= 0 {
		return fmt.Errorf("%q is no name: letters, digits, - and _, %d at most, and first a letter or _", name, maxName)
	}
	return nil
}

// ParseField reads NAME=SELECTOR, where SELECTOR is CSS, or XPath if isXPath. NAME[] takes all that is found and not the
// first only. Behind CSS may stand @ATTRIBUTE, of which text and html are the element's, and then |KIND.
func ParseField(s string, isXPath bool) (*Field, error) {
	name, rest, ok := strings.Cut(s, "=")
	if !ok {
		return nil, errors.New("must be NAME=SELECTOR")
	}
	f := &Field{attr: attrText}
	f.Name, f.many = strings.CutSuffix(name, "[]")
	if err := checkName(f.Name); err != nil {
		return nil, err
	}
	var err error
	if isXPath {
		f.selector, err = newXPath(rest)
		return f, err
	}
	css, what, ok := cutAttribute(rest)
	if ok {
		attr, kind, hasKind := strings.Cut(what, "|")
		if f.attr = strings.ToLower(attr); attr == "" {
			return nil, fmt.Errorf("%q: there is no attribute behind the @", rest)
		}
		if f.kind, ok = kindOf(kind); hasKind && !ok {
			return nil, fmt.Errorf("%q is no type: it must be one of %s", kind, strings.Join(kinds(), ", "))
		}
	}
	f.selector, err = newCSS(css)
	return f, err
}

// cutAttribute finds the last @ that is not within brackets or quotes, where CSS may have one.
func cutAttribute(s string) (css, what string, ok bool) {
	at, depth, quote := -1, 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case c == '@' && depth == 0:
			at = i
		}
	}
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

// value is what the field has below n: nil if nothing. What is no value is told to fault.
func (f *Field) value(d *document, p place, fault func(text, problem string)) (v any, found bool) {
	var all []any
	for _, at := range f.places(d, p) {
		text, ok := d.read(at, f)
		if !ok {
			continue
		}
		found = true
		v, problem := f.judge(text, d)
		switch {
		case problem != "":
			fault(text, problem)
		case f.many:
			all = append(all, v)
			continue
		default:
			return v, true
		}
		if !f.many {
			return nil, true // the first counts, also if it is wrong
		}
	}
	switch {
	case len(all) > 0:
		return all, true
	case found:
		return nil, true
	case f.fallback != nil:
		return f.fallback, false
	case f.required:
		fault("", problemMissing)
	}
	return nil, false
}

func (f *Field) places(d *document, p place) []place {
	if f.selector.isZero() {
		return []place{p}
	}
	if p.node == nil { // an item that is a text has nothing below it
		return nil
	}
	return d.find(p.node, &f.selector)
}

// What is wrong with fields, besides what Kind.wrong says.
const (
	problemMissing = "missing"
	problemPattern = "not matched by regexp"
)

func (f *Field) judge(text string, d *document) (v any, problem string) {
	if f.pattern != nil {
		m := f.pattern.FindStringSubmatch(text)
		if m == nil {
			return nil, problemPattern
		}
		text = m[min(1, len(m)-1)]
	}
	v, ok := f.parse(text, d.base())
	if !ok {
		return nil, f.kind.wrong()
	}
	return v, ""
}

// names are those of fields, in their order.
func names(fields []*Field) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.Name
	}
	return all
}

func has(fields []*Field, name string) bool { return slices.Contains(names(fields), name) }
