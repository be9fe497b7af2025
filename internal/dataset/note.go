package dataset

import (
	"strconv"
	"time"
)

// note invents what an agent writes after a visit or a call: nothing at all in
// 18 of 100 cases, else one to four sentences, over several lines now and then.
func (g *Generator) note() *string {
	switch n := g.random.IntN(100); {
	case n < 14:
		return nil
	case n < 18:
		empty := ""
		return &empty
	}
	g.text = g.text[:0]
	if g.chance(4) {
		g.text = append(g.text, pick(g, formulaStarts)...)
	}
	separator := byte(' ')
	if g.chance(15) {
		separator = '\n'
	}
	for i := range 1 + g.random.IntN(4) {
		if i > 0 {
			g.text = append(g.text, separator)
		}
		g.sentence()
	}
	text := string(g.text)
	return &text
}

// sentence appends one sentence to g.text. In templates % is a name, # a number
// and & a document.
func (g *Generator) sentence() {
	for _, c := range []byte(pick(g, sentences)) {
		switch c {
		case '%':
			g.text = append(g.text, g.person().name...)
		case '#':
			g.text = strconv.AppendInt(g.text, 100+g.random.Int64N(90_000), 10)
		case '&':
			g.text = append(g.text, pick(g, documents)...)
		default:
			g.text = append(g.text, c)
		}
	}
}

// customFields invents the values of fieldNames. Some are JSON null, some are
// empty, and some keys are not there at all.
func (g *Generator) customFields() string {
	g.text = append(g.text[:0], '{')
	for i, name := range schemaNames {
		switch n := g.random.IntN(100); {
		case n < 5:
			continue
		case n < 12:
			g.text = append(appendKey(g.text, name), "null"...)
		case n < 15:
			g.text = append(appendKey(g.text, name), `""`...)
		default:
			g.customField(i, name)
		}
	}
	return string(append(g.text, '}'))
}

// customField appends the value of the field at place i of fieldNames.
func (g *Generator) customField(i int, name string) {
	g.text = appendKey(g.text, name)
	switch i {
	case 0:
		g.text = appendJSON(g.text, pick(g, documents))
	case 1:
		g.quoted(func(to []byte) []byte { return strconv.AppendInt(to, 1e9+g.random.Int64N(9e9), 10) })
	case 2:
		g.text = appendJSON(g.text, pick(g, branches))
	case 3:
		g.quoted(func(to []byte) []byte { return strconv.AppendFloat(to, float64(g.random.IntN(5e7))/100, 'f', 2, 64) })
	case 4:
		g.quoted(func(to []byte) []byte { return strconv.AppendFloat(to, g.random.Float64()*180-90, 'f', 6, 64) })
	case 5:
		g.quoted(func(to []byte) []byte { return strconv.AppendFloat(to, g.random.Float64()*360-180, 'f', 6, 64) })
	case 6:
		g.quoted(func(to []byte) []byte {
			return g.options.From.Add(time.Duration(g.random.IntN(1000))*24*time.Hour).AppendFormat(to, time.DateOnly)
		})
	default:
		g.text = appendJSON(g.text, pick(g, remarks))
	}
}

func (g *Generator) quoted(value func(to []byte) []byte) {
	g.text = append(value(append(g.text, '"')), '"')
}
