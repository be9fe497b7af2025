package dataset

import (
	"strings"
	"time"

	"github.com/offhours/offhours"
)

// soil makes a record dirty in one of the ways that real data is.
func (g *Generator) soil(r *offhours.Record) {
	switch g.random.IntN(8) {
	case 0: // a clock was wrong
		r.CreatedOn = r.ModifiedOn.Add(g.upTo(3 * 24 * time.Hour))
	case 1: // pasted from a mail
		r.Note = text("Fwd: documents\r\n\r\n> \"see attached\",\r\n> thanks\r")
	case 2: // pasted from a web page, with marks that nobody sees
		r.Note = text("\ufeff\u200bcalled\u00a0back \u202e(RTL)\u202c\t e\u0301 / é \x7f\x01")
	case 3: // a whole conversation
		r.Note = text(strings.Repeat("Agent: please send the \"form\", thanks.\nCustomer: which one?\n", 60))
	case 4: // by a job that nobody remembers
		r.Owner, r.CreatedBy, r.ModifiedBy, r.ProspectID = nil, offhours.Actor{}, offhours.Actor{}, nil
	case 5: // keys that no field declares, and values that are no texts
		r.Fields = `{"mx_Custom_1": 7, "mx_Custom_2": "7", "mx_Custom_4": 1.10, "mx_Old_Field": "still here", "flags": [true, null, {"a": ""}]}`
	case 6: // nothing but what the CRM insists on
		r.ExternalKey, r.Status, r.Owner, r.Note, r.Fields = nil, nil, nil, nil, "{}"
	case 7: // somebody pressed the space bar
		r.Status, r.Note = text(" Completed "), text(" ")
	}
}
