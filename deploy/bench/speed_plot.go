package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// plotStyle is readable on light and dark pages.
const plotStyle = `<style>
text{font:13px system-ui,sans-serif;fill:#1f2328}.note{fill:#59636e;font-size:12px}.head{font-weight:600}
.ours{fill:#0969da}.theirs{fill:#8c959f}.axis{stroke:#d1d9e0}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}.ours{fill:#4493f8}.theirs{fill:#656c76}.axis{stroke:#3d444d}}
</style>
`

// writePlot draws the medians of the largest plain cell as bars.
func (r *results) writePlot(dir string) error {
	var c cell
	for _, other := range r.cells() {
		if !other.Files {
			c = other
		}
	}
	const left, width, step, barHeight = 270, 330, 30, 18
	longest := 0.0
	for _, m := range methods {
		took, _ := r.median(c, m.name, seconds)
		longest = max(longest, took)
	}
	if longest == 0 {
		return nil
	}
	var body strings.Builder
	y := 40
	for _, m := range methods {
		took, ok := r.median(c, m.name, seconds)
		if !ok {
			continue
		}
		class := "theirs"
		if m.name == exportAndDelete || m.name == deleteOnly {
			class = "ours"
		}
		length := took / longest * width
		fmt.Fprintf(&body, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left-10, y+14, escape(m.title))
		fmt.Fprintf(&body, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class, left, y, length, barHeight)
		fmt.Fprintf(&body, "<text x=\"%.1f\" y=\"%d\">%.1f s</text>\n", left+length+6, y+14, took)
		y += step
	}
	note := fmt.Sprintf("Medians. %d cores, PostgreSQL %s, fsync on.", r.Machine.Cores, r.Machine.PostgreSQL)
	text := fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 %d\" width=\"680\" height=\"%d\" role=\"img\">\n<title>Time for %d records</title>\n%s"+
		"<text class=\"head\" x=\"10\" y=\"22\">Time for %d records, from start to Success</text>\n<line class=\"axis\" x1=\"%d\" y1=\"34\" x2=\"%d\" y2=\"%d\"/>\n%s<text class=\"note\" x=\"10\" y=\"%d\">%s</text>\n</svg>\n",
		y+28, y+28, c.Size, plotStyle, c.Size, left, left, y-4, &body, y+16, escape(note))
	return os.WriteFile(filepath.Join(dir, "results.svg"), []byte(text), 0o644)
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escape(text string) string { return escaper.Replace(text) }
