package report

import "strconv"

// A Table is rows under titles. The first column names its row. It can be a block of a page, text and Markdown.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
	Note    string // under it
}

// A Column is the title of a column, and how its cells stand.
type Column struct {
	Title  string
	Number bool // on the right, in figures of equal width
	Long   bool // sentences: on a page they may take several lines
}

// A Row is the cells of a row; those that are missing are empty.
type Row struct {
	Cells  []string
	Note   string // a sentence on the row, as wide as the table
	Strong bool   // the row that others are measured by
}

// Left and Right are columns of text and of numbers with these titles.
func Left(titles ...string) []Column { return columns(titles, false) }

// Right is the same for numbers.
func Right(titles ...string) []Column { return columns(titles, true) }

func columns(titles []string, number bool) []Column {
	all := make([]Column, len(titles))
	for i, t := range titles {
		all[i] = Column{Title: t, Number: number}
	}
	return all
}

// Add appends a row of cells.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, Row{Cells: cells}) }

// cell is the text of column i.
func (r *Row) cell(i int) string {
	if i < len(r.Cells) {
		return r.Cells[i]
	}
	return ""
}

func (t *Table) html(d *document) {
	id := d.id("t")
	d.put("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-labelledby=\"", id, "\">\n<table>\n")
	d.put("<caption id=\"", id, "\">")
	d.element("span", t.Caption)
	d.put("</caption>\n<thead><tr>")
	for _, c := range t.Columns {
		d.element(`th scope="col"`+cellClass(c), c.Title)
	}
	d.put("</tr></thead>\n<tbody>\n")
	for i := range t.Rows {
		t.rowHTML(d, &t.Rows[i])
	}
	d.put("</tbody>\n</table>\n</div>\n")
	if t.Note != "" {
		d.element(`p class="note"`, t.Note)
		d.put("\n")
	}
}

func (t *Table) rowHTML(d *document, r *Row) {
	class := ""
	if r.Strong {
		class = ` class="strong"`
	}
	d.put("<tr", class, ">")
	for i, c := range t.Columns {
		if i == 0 {
			d.element(`th scope="row"`+cellClass(c), r.cell(i))
		} else {
			d.element("td"+cellClass(c), r.cell(i))
		}
	}
	d.put("</tr>\n")
	if r.Note != "" {
		d.put("<tr class=\"remark\">")
		d.put("<td colspan=\"", strconv.Itoa(len(t.Columns)), "\">")
		d.element("span", r.Note)
		d.put("</td></tr>\n")
	}
}

func cellClass(c Column) string {
	if c.Number {
		return ` class="n"`
	}
	if c.Long {
		return ` class="long"`
	}
	return ""
}
