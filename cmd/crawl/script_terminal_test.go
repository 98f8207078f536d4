//go:build unix

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// typeKeys writes to our end of a terminal: there, ^C is a signal for who has it, and ^S stops it.
func (s *script) typeKeys(_ *testscript.TestScript, args []string) {
	keys, err := strconv.Unquote(`"` + args[1] + `"`)
	check(err)
	_, err = io.WriteString(s.process(args[0]).master, keys)
	check(err)
}

func (s *script) hold(_ *testscript.TestScript, args []string) {
	check(holdTerminal(s.process(args[0]).master))
}

func (s *script) resize(_ *testscript.TestScript, args []string) {
	columns, err := strconv.ParseUint(args[1], 10, 16)
	check(err)
	check(resizeTerminal(s.process(args[0]).master, uint16(columns)))
}

func (s *script) screen(ts *testscript.TestScript, args []string) {
	columns, err := strconv.Atoi(args[1])
	check(err)
	rows, err := terminalRows(ts.ReadFile(args[0]), columns)
	check(err)
	fmt.Fprintln(ts.Stdout(), strings.Join(rows, "\n"))
}

// terminalRows is a terminal that has no end below, and knows what we write and no more: CR, LF, TAB, erase below, and
// colours.
func terminalRows(text string, columns int) ([]string, error) {
	rows, row, column := [][]rune{nil}, 0, 0
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b[J"); ok {
			rows = rows[:row+1]
			rows[row] = rows[row][:min(column, len(rows[row]))]
			text = rest
			continue
		}
		r := []rune(text[:min(4, len(text))])[0]
		switch {
		case r == '\r':
			column = 0
		case r == '\n':
			row++
		case r == '\t':
			column = min(column/8*8+8, columns-1)
		case r == 0x1b:
			end := strings.IndexByte(text, 'm')
			if end < 0 || strings.Trim(text[1:end], "[0123456789;") != "" {
				return nil, fmt.Errorf("unknown sequence %q", text[:min(10, len(text))])
			}
			text = text[end+1:]
			continue
		case r < ' ':
			return nil, fmt.Errorf("unknown control character %q", r)
		default:
			if column == columns {
				row, column = row+1, 0
			}
			for row >= len(rows) {
				rows = append(rows, nil)
			}
			for column >= len(rows[row]) {
				rows[row] = append(rows[row], ' ')
			}
			rows[row][column] = r
			column++
		}
		for row >= len(rows) {
			rows = append(rows, nil)
		}
		text = text[len(string(r)):]
	}
	var out []string
	for _, r := range rows {
		out = append(out, strings.TrimRight(string(r), " "))
	}
	return out, nil
}

// The terminal of these tests shows what a real one does.
func TestTerminalRows(t *testing.T) {
	for text, want := range map[string]string{
		"one\r\ntwo\r\n":                 "one|two|",
		"longer\rab":                     "abnger",
		"longer\r\x1b[Jab":               "ab",
		"0123456789x\r\nnext":            "0123456789|x|next",
		"0123456789\r\nnext":             "0123456789|next",
		"a\x1b[31mb\x1b[0mc █ x":         "abc █ x",
		"over\r\n\r\nthe\r\nend\r\x1b[J": "over||the|",
		"a\tb\tc":                        "a       bc",
		"step\nstair":                    "step|    stair",
	} {
		rows, err := terminalRows(text, 10)
		if got := strings.Join(rows, "|"); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := terminalRows("\x1b[2K", 10); err == nil {
		t.Error("it obeys what it does not know")
	}
}
