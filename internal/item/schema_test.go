package item

import (
	"strings"
	"testing"
)

// TestSchemaErrors: each mistake is told with its line and its key.
func TestSchemaErrors(t *testing.T) {
	cases := []struct{ schema, want string }{
		{"", "there is no field in it: [field.NAME]"},
		{"each = 'p'", "there is no field in it: [field.NAME]"},
		{"[field.a]\nselector = 'p'\nsize = 3", "line 3: field.a.size: no such key"},
		{"# one\nfoo = 1\n[field.a]\nselector='p'", "line 2: foo: no such key"},
		{"[field.a]\nselector = 'p'\n[fields.b]", "line 3: fields.b: no such key"},
		{"[field.a]\nselector = 'p['", `line 2: field.a.selector: "p[" is no CSS selector:`},
		{"[field.a]\nxpath = '//['", `line 2: field.a.xpath: "//[" is no XPath:`},
		{"[field.a]\nxpath = ''", "line 2: field.a.xpath: an XPath is empty"},
		{"each = '::'\n[field.a]", `line 1: each: "::" is no CSS selector:`},
		{"each_xpath = '['\n[field.a]", `line 1: each_xpath: "[" is no XPath:`},
		{"each = 'p'\neach_xpath = '//p'\n[field.a]", "line 2: each_xpath: there is each as well"},
		{"[field.a]\ntype = 'int'", "line 1: field.a: it needs a selector"},
		{"[field.a]\nselector = 'p'\nxpath = '//p'", "line 3: field.a.xpath: there is a selector as well"},
		{"\n[field.a]\nselector = 'p'\ntype = 'money'", `line 4: field.a.type: "money" is no type: it must be one of string, int, float, bool, url, date, json`},
		{"[field.a]\nselector = 'p'\nregexp = '('", "line 3: field.a.regexp: error parsing regexp"},
		{"[field.a]\nselector = 'p'\nregexp = '(a)(b)'", "line 3: field.a.regexp: it has more than one group"},
		{"[field.a]\nselector = 'p'\nlayout = '2006'", `line 3: field.a.layout: is for type "date"`},
		{"[field.a]\nselector = 'p'\ntype='date'\nlayout = 'YYYY'", `line 4: field.a.layout: "YYYY" is no layout`},
		{"[field.a]\nselector = 'p'\ntype = 'int'\ndefault = 'x'", `line 4: field.a.default: "x" is not an int`},
		{"[field.a]\nselector = 'p'\nmany = true\ndefault = 'x'", "line 4: field.a.default: a field with many has none"},
		{"[field.a]\nselector = 'p'\nrequired = true\ndefault = 'x'", "line 4: field.a.default: a field that is required has none"},
		{"[field.a]\nselector = 3", "line 2"},
		{"[field.a]\nselector = 'p'\nmany = 'yes'", "line 3"},
		{"[field.a]\nselector = 'p", "line 2"},
		{"[field.a]\n[field.a]", "line 2"},
		{"[field.'a b']\nselector='p'", "is no name"},
		{"[field]\na = { selector = 'p', typ = 'int' }", "line 2: field.a.typ: no such key"},
	}
	for _, c := range cases {
		err := new(Set).Load([]byte(c.schema))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.schema, err, c.want)
		}
	}
}

// TestFieldErrors: the same for a field on the command line.
func TestFieldErrors(t *testing.T) {
	for s, want := range map[string]string{
		"":           "must be NAME=SELECTOR",
		"p":          "must be NAME=SELECTOR",
		"=p":         `"" is no name`,
		"1a=p":       `"1a" is no name`,
		"a.b=p":      `"a.b" is no name`,
		"a=":         "is no CSS selector",
		"a=p@":       "there is no attribute behind the @",
		"a=p@|int":   "there is no attribute behind the @",
		"a=p@x|i":    `"i" is no type`,
		"a=@href":    "is no CSS selector",
		"a=p:before": "is no CSS selector",
	} {
		if _, err := ParseField(s, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", s, err, want)
		}
	}
	s := setOf(t, "", "a=p")
	f, err := ParseField("a=b", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(f); err == nil {
		t.Error("two of the same name")
	}
	if err := s.Load([]byte("[field.a]\nselector='p'")); err == nil || err.Error() != "line 1: field.a: there is such a field already" {
		t.Error(err)
	}
}
