package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"crawl/internal/crawler"
	"crawl/internal/item"
)

// What is taken out of pages, as records have it.

func appendItems(b []byte, names []string, items [][]any) []byte {
	b = append(b, '[')
	for i, values := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendObject(b, names, values)
	}
	return append(b, ']')
}

// appendObject writes an item, without the fields that it has not.
func appendObject(b []byte, names []string, values []any) []byte {
	b = append(b, '{')
	first := true
	for i, v := range values {
		if v == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(crawler.AppendString(b, names[i]), ':')
		b = appendValue(b, v)
	}
	return append(b, '}')
}

// appendValue writes a value of an item; nothing if it is nil.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return b
	case string:
		return crawler.AppendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
			return strconv.AppendFloat(b, v, 'e', -1, 64)
		}
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case json.RawMessage:
		return crawler.AppendJSON(b, v)
	case []any:
		b = append(b, '[')
		for i, v := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v)
		}
		return append(b, ']')
	}
	panic(fmt.Sprintf("crawl: a %T in an item", v))
}

// appendFaults writes what is wrong in a page.
func appendFaults(b []byte, r *item.Result) []byte {
	b = append(b, '[')
	for i, f := range r.Faults {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if f.Item >= 0 {
			b = append(strconv.AppendInt(append(b, `"item":`...), int64(f.Item), 10), ',')
		}
		b = crawler.AppendString(append(b, `"field":`...), f.Field)
		b = crawler.AppendString(append(b, `,"problem":`...), f.Problem)
		if f.Text != "" {
			b = crawler.AppendString(append(b, `,"text":`...), f.Text)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}
