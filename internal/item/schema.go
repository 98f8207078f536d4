package item

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"crawl/internal/link"
)

// schemaFile is a schema as TOML has it: docs/extracting.md describes it.
type schemaFile struct {
	Each      *string              `toml:"each"`
	EachXPath *string              `toml:"each_xpath"`
	Field     map[string]fieldFile `toml:"field"`
}

type fieldFile struct {
	Selector *string `toml:"selector"`
	XPath    *string `toml:"xpath"`
	Attr     string  `toml:"attr"`
	Type     *string `toml:"type"`
	Required bool    `toml:"required"`
	Many     bool    `toml:"many"`
	Default  any     `toml:"default"`
	Regexp   *string `toml:"regexp"`
	Layout   *string `toml:"layout"`
}

// A SchemaError is what is wrong in a schema.
type SchemaError struct {
	Line int    // from 1; 0: not known
	Key  string // "" if it is not about one
	Err  error
}

func (e *SchemaError) Error() string {
	s := e.Err.Error()
	if e.Key != "" {
		s = e.Key + ": " + s
	}
	if e.Line > 0 {
		s = fmt.Sprintf("line %d: %s", e.Line, s)
	}
	return s
}

func (e *SchemaError) Unwrap() error { return e.Err }

// Load adds what a schema declares. Its error is a *SchemaError.
func (s *Set) Load(schema []byte) error {
	text := strings.TrimPrefix(string(schema), "\ufeff")
	var file schemaFile
	meta, err := toml.Decode(text, &file)
	var parse toml.ParseError
	switch {
	case errors.As(err, &parse):
		return &SchemaError{Line: parse.Position.Line, Key: parse.LastKey, Err: errors.New(parse.Message)}
	case err != nil:
		return &SchemaError{Err: errors.New(strings.TrimPrefix(err.Error(), "toml: "))}
	}
	fail := func(err error, key ...string) error {
		return &SchemaError{Line: lineOf(text, key), Key: toml.Key(key).String(), Err: err}
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fail(errors.New("no such key"), unknown[0]...)
	}
	if err := s.loadEach(&file, fail); err != nil {
		return err
	}
	for _, name := range fieldNames(meta.Keys()) {
		entry := file.Field[name]
		f, key, err := entry.field(name, s.HasItems())
		if err == nil && (has(s.fields, name) || !s.HasItems() && has(s.page, name)) {
			err = errors.New("there is such a field already")
		}
		if err != nil {
			return fail(err, slices.DeleteFunc([]string{"field", name, key}, func(s string) bool { return s == "" })...)
		}
		s.fields = append(s.fields, f)
	}
	if len(file.Field) == 0 {
		return &SchemaError{Err: errors.New("there is no field in it: [field.NAME]")}
	}
	return nil
}

func (s *Set) loadEach(file *schemaFile, fail func(error, ...string) error) (err error) {
	switch {
	case file.Each != nil && file.EachXPath != nil:
		return fail(errors.New("there is each as well"), "each_xpath")
	case file.Each != nil:
		if s.each, err = newCSS(*file.Each); err != nil {
			return fail(err, "each")
		}
	case file.EachXPath != nil:
		if s.each, err = newXPath(*file.EachXPath); err != nil {
			return fail(err, "each_xpath")
		}
	}
	return nil
}

// fieldNames are the tables below field in the order in which they come first.
func fieldNames(keys []toml.Key) []string {
	var all []string
	for _, k := range keys {
		if len(k) >= 2 && k[0] == "field" && !slices.Contains(all, k[1]) {
			all = append(all, k[1])
		}
	}
	return all
}

// field makes a field of its table. key is the one that is wrong, "" if it is the table. inItem says that the field is one of
// an item, which it may be itself.
func (e *fieldFile) field(name string, inItem bool) (f *Field, key string, err error) {
	f = &Field{Name: name, attr: attrText, required: e.Required, many: e.Many}
	if err := checkName(name); err != nil {
		return nil, "", err
	}
	switch {
	case e.Selector != nil && e.XPath != nil:
		return nil, "xpath", errors.New("there is a selector as well")
	case e.Selector != nil:
		if f.selector, err = newCSS(*e.Selector); err != nil {
			return nil, "selector", err
		}
	case e.XPath != nil:
		if f.selector, err = newXPath(*e.XPath); err != nil {
			return nil, "xpath", err
		}
	case !inItem:
		return nil, "", errors.New("it needs a selector, or an xpath; only with each may it be the item itself")
	}
	if e.Attr != "" {
		f.attr = strings.ToLower(e.Attr)
	}
	key, err = e.judge(f)
	return f, key, err
}

// judge reads what says which values are right.
func (e *fieldFile) judge(f *Field) (key string, err error) {
	var ok bool
	if e.Type != nil {
		if f.kind, ok = kindOf(*e.Type); !ok {
			return "type", fmt.Errorf("%q is no type: it must be one of %s", *e.Type, strings.Join(kinds(), ", "))
		}
	}
	if e.Regexp != nil {
		if f.pattern, err = regexp.Compile(*e.Regexp); err != nil {
			return "regexp", err
		}
		if f.pattern.NumSubexp() > 1 {
			return "regexp", errors.New("it has more than one group; (?:…) is none")
		}
	}
	if e.Layout != nil {
		if f.kind != Date {
			return "layout", errors.New("is for type \"date\"")
		}
		if f.layouts, ok = layoutsOf(*e.Layout); !ok {
			return "layout", fmt.Errorf("%q is no layout of a date: it is that of 2 January 2006, 15:04:05, -07:00", *e.Layout)
		}
	}
	if e.Default != nil {
		return "default", e.setDefault(f)
	}
	return "", nil
}

// setDefault takes a string as it would stand in a page, or the value itself.
func (e *fieldFile) setDefault(f *Field) error {
	switch {
	case f.many:
		return errors.New("a field with many has none: it has no values then")
	case f.required:
		return errors.New("a field that is required has none")
	}
	v, ok := f.parse(fmt.Sprint(e.Default), new(link.URL))
	if !ok {
		return fmt.Errorf("%q is %s", fmt.Sprint(e.Default), f.kind.wrong())
	}
	f.fallback = v
	return nil
}

// lineOf is the line of a key, or of the table that it is in, or of what that is in, 0 if none stands there in plain form. The library knows it no
// more when it has read a file without an error.
func lineOf(text string, key []string) int {
	if len(key) == 0 {
		return 0
	}
	table, last := strings.Join(key[:len(key)-1], "."), key[len(key)-1]
	whole := strings.Join(key, ".")
	current, near, n := "", 0, 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if header, ok := strings.CutPrefix(line, "["); ok {
			header, _, _ = strings.Cut(header, "]")
			if current = strings.TrimSpace(header); current == whole {
				return n
			}
			if current == table {
				near = n
			}
			continue
		}
		name, _, _ := strings.Cut(line, "=")
		if current == table && strings.Trim(strings.TrimSpace(name), `"`) == last {
			return n
		}
	}
	if near == 0 {
		return lineOf(text, key[:len(key)-1])
	}
	return near
}
