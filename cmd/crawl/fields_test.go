package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// jsonSchema is what crawl fields --json-schema uses of that language.
type jsonSchema struct {
	Type       string                `json:"type"`
	Required   []string              `json:"required"`
	Properties map[string]jsonSchema `json:"properties"`
}

// check reports what of a value is not as the schema has it.
func (s *jsonSchema) check(t *testing.T, at string, value any) {
	t.Helper()
	is := ""
	switch v := value.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case []any:
		is = "array"
	case json.Number:
		is = "integer"
		if _, err := v.Int64(); err != nil {
			is = "number"
		}
	case map[string]any:
		is = "object"
		for name, part := range v {
			property, ok := s.Properties[name]
			if s.Properties != nil && !ok {
				t.Errorf("%s.%s is not in the schema", at, name)
			} else if ok {
				property.check(t, at+"."+name, part)
			}
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				t.Errorf("%s: %s is missing", at, name)
			}
		}
	}
	if is != s.Type {
		t.Errorf("%s is %s, the schema has %s", at, is, s.Type)
	}
}

// The schema fits a record of each kind, and has no property that none of them has.
func TestRecordSchema(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := mainCode([]string{"fields", "--json-schema"}, strings.NewReader(""), &out, &errOut); code != exitOK {
		t.Fatal(errOut.String())
	}
	var schema jsonSchema
	if err := json.Unmarshal(out.Bytes(), &schema); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(schema.Required, []string{"url", "class"}) || schema.Properties["timings"].Properties["total"].Type != "integer" {
		t.Errorf("%+v", schema)
	}
	golden, err := os.ReadFile("../../internal/crawler/testdata/records.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range bytes.Lines(golden) {
		if line[0] != '{' {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var record map[string]any
		if err := d.Decode(&record); err != nil {
			t.Fatal(err)
		}
		schema.check(t, "record", record)
		for name, value := range record {
			seen[name] = true
			if object, ok := value.(map[string]any); ok {
				for part := range object {
					seen[name+"."+part] = true
				}
			}
		}
	}
	for name, property := range schema.Properties {
		if !seen[name] {
			t.Errorf("no record has %s", name)
		}
		for part := range property.Properties {
			if !seen[name+"."+part] {
				t.Errorf("no record has %s.%s", name, part)
			}
		}
	}
}
