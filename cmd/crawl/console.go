package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxUnheard is how many bytes, and a message, wait for a reader of standard error. What is said then is lost, and told:
// a program that runs for days with its terminal stopped would otherwise fill the memory with its warnings.
const maxUnheard = 1 << 20

// lastPatience is how long standard error may take in the end.
const lastPatience = 2 * time.Second

// lastWord is how long the line may take to be erased after that.
const lastWord = 100 * time.Millisecond

// console is standard error as the whole program writes it: messages one after the other, and below the last of
// them a line that is drawn again and again. One goroutine writes; who says something never waits for who reads,
// so a terminal that has been stopped (Ctrl-S) holds up neither the crawl nor, for longer than lastPatience, its end.
//
// Between two writes the cursor is at the beginning of the drawn line: what another program writes there, or the
// terminal's ^C, makes it no longer than the terminal is wide.
type console struct {
	w    io.Writer
	ansi bool          // escape sequences are obeyed
	wake chan struct{} // there is something to do
	done chan struct{} // closed when all is written

	mu        sync.Mutex // guards what follows
	said      []byte
	lost      int    // bytes
	status    string // the line wanted
	writes    int    // finished
	closing   bool
	forgotten bool // what has been drawn is not ours any more

	// Of the goroutine alone.
	shown   string // the line drawn
	midLine bool   // the last message has not ended its line
}

func newConsole(w io.Writer, ansi bool) *console {
	c := &console{w: w, ansi: ansi, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go c.run()
	return c
}

// Write says something. It never waits, and never fails.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	if len(c.said) > maxUnheard {
		c.lost += len(b)
	} else {
		c.said = append(c.said, b...)
	}
	c.mu.Unlock()
	c.stir()
	return len(b), nil
}

// draw shows a line below all that is said, instead of the one before; "" takes it away. It must fit the terminal.
// It may be left out when nobody reads.
func (c *console) draw(line string) {
	c.mu.Lock()
	if !c.closing {
		c.status = line
	}
	c.mu.Unlock()
	c.stir()
}

// forget gives the line up as it is, for the terminal is another's now.
func (c *console) forget() {
	c.mu.Lock()
	c.status, c.forgotten = "", true
	c.mu.Unlock()
	c.stir()
}

// close takes the line away and waits until everything is written, or a write takes longer than patience.
func (c *console) close(patience time.Duration) {
	c.mu.Lock()
	c.status, c.closing = "", true
	writes := c.writes
	c.mu.Unlock()
	c.stir()
	for {
		select {
		case <-c.done:
			return
		case <-time.After(patience):
		}
		before := writes
		c.mu.Lock()
		writes = c.writes
		c.mu.Unlock()
		if writes == before {
			return
		}
	}
}

func (c *console) stir() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *console) run() {
	defer close(c.done)
	for range c.wake {
		for {
			out, closing := c.next()
			if len(out) == 0 && closing {
				return
			}
			if len(out) == 0 {
				break
			}
			_, _ = c.w.Write(out) // there is nobody else to tell
			c.mu.Lock()
			c.writes++
			c.mu.Unlock()
		}
	}
}

// next is what is to be written now.
func (c *console) next() (out []byte, closing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.said
	c.said = nil
	if c.lost > 0 {
		said = fmt.Appendf(said, "crawl: %d bytes of messages are lost: nobody read standard error\n", c.lost)
		c.lost = 0
	}
	if c.forgotten {
		c.shown, c.forgotten = "", false
	}
	return c.compose(said, c.status), c.closing
}

// compose is what makes of the screen as it is one that shows the messages and then the line. The line break that
// a message begins with, to leave that of a ^C, is not needed where that is erased.
func (c *console) compose(said []byte, status string) []byte {
	var out []byte
	if c.shown != "" && (len(said) > 0 || status == "") {
		out = c.replace(out, "")
		said = bytes.TrimPrefix(said, []byte("\n"))
	}
	if len(said) > 0 {
		out = append(out, said...)
		c.midLine = said[len(said)-1] != '\n'
	}
	if !c.midLine && status != c.shown {
		out = c.replace(out, status)
	}
	return out
}

// replace draws a line over the one that is shown. What is below is erased too: a terminal that has become narrower
// may have wrapped the old one.
func (c *console) replace(out []byte, line string) []byte {
	out = append(append(out, '\r'), line...)
	if c.ansi {
		out = append(out, "\x1b[J"...)
	} else {
		out = append(out, strings.Repeat(" ", max(0, utf8.RuneCountInString(c.shown)-utf8.RuneCountInString(line)))...)
	}
	c.shown = line
	return append(out, '\r')
}
