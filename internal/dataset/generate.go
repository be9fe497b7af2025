package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/offhours/offhours"
)

// GeneratorOptions say which records a [Generator] invents. The same options
// always give the same records.
type GeneratorOptions struct {
	AccountID int64
	TypeName  string
	Records   int // 0 or more
	Seed      uint64

	// Records are modified from From on and before Until, in whole microseconds
	// since the first one of From.
	From, Until time.Time

	// Attachments is the share of records, from 0 to 1, that have files. With any,
	// there is a Custom Field Set that names some of them.
	Attachments float64
}

// Generator invents records like those of a field-force CRM, with all that is
// hard about real ones: several lines, quotes and commas, other alphabets,
// texts that a spreadsheet would take for formulas, empty texts beside NULL.
// About one in fifty is dirty: see dirt.go. It keeps no record.
type Generator struct {
	options GeneratorOptions
	made    int
	random  *rand.Rand
	ids     *rand.Rand // apart, so that ids do not depend on what records hold
	files   *rand.Rand // apart, so that records do not depend on who has files
	people  []person
	text    []byte
}

// NewGenerator returns a generator, or an error that names the option that
// cannot be.
func NewGenerator(o GeneratorOptions) (*Generator, error) {
	switch {
	case o.Records < 0:
		return nil, errors.New("the number of records must not be negative")
	case o.TypeName == "":
		return nil, errors.New("the type of the records must have a name")
	case o.From.UnixMicro() >= o.Until.UnixMicro():
		return nil, errors.New("the time from which records are modified must be before the time until which they are")
	case o.From.Before(firstTime.AddDate(10, 0, 0)) || o.Until.After(afterTime):
		return nil, errors.New("the records must be modified in the years 11 to 9999")
	case !(o.Attachments >= 0 && o.Attachments <= 1): // nor NaN
		return nil, errors.New("the share of records with attachments must be from 0 to 1")
	}
	return &Generator{
		options: o,
		random:  newRandom(o, "values"),
		ids:     newRandom(o, "ids"),
		files:   newRandom(o, "files"),
		people:  newPeople(o.AccountID),
	}, nil
}

// newRandom is a source of its own for each account, type, seed and purpose.
func newRandom(o GeneratorOptions, purpose string) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%q/%d/%s", o.AccountID, o.TypeName, o.Seed, purpose))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
}

// Fields are the custom fields of the records, in order.
func (g *Generator) Fields() []offhours.Field {
	fields := make([]offhours.Field, len(fieldNames))
	for i, name := range fieldNames {
		fields[i] = offhours.Field{SchemaName: schemaNames[i], DisplayName: name}
	}
	if g.options.Attachments > 0 {
		fields = append(fields, photos)
	}
	return fields
}

// Next returns the next record, or io.EOF.
func (g *Generator) Next() (offhours.Incoming, error) {
	if g.made == g.options.Records {
		return offhours.Incoming{}, io.EOF
	}
	g.made++
	r := offhours.Record{ID: g.id().String(), ExternalKey: g.externalKey()}
	g.setTimes(&r)
	creator := g.person()
	r.CreatedBy, r.Owner, r.ModifiedBy = creator.actor(), &creator.name, creator.actor()
	if g.chance(40) {
		r.ModifiedBy = g.person().actor()
	}
	if g.chance(80) {
		lead := g.id().String()
		r.ProspectID = &lead
	}
	r.Status = pick(g, statuses)
	r.Note = g.note()
	r.Fields = g.customFields()
	if g.chance(2) {
		g.soil(&r)
	}
	in := offhours.Incoming{Record: r, TypeName: g.options.TypeName}
	if g.files.Float64() < g.options.Attachments {
		g.addFiles(&in)
	}
	return in, nil
}

// chance is true in percent of 100 cases.
func (g *Generator) chance(percent int) bool { return g.random.IntN(100) < percent }

func pick[T any](g *Generator, from []T) T { return from[g.random.IntN(len(from))] }

func (g *Generator) id() (id uuid) {
	binary.BigEndian.PutUint64(id[:8], g.ids.Uint64())
	binary.BigEndian.PutUint64(id[8:], g.ids.Uint64())
	return id.marked(4)
}

func (g *Generator) externalKey() *string {
	g.text = append(g.text[:0], "GEN-"...)
	g.text = strconv.AppendUint(g.text, g.options.Seed, 10)
	g.text = append(g.text, '-')
	g.text = strconv.AppendInt(g.text, int64(g.made), 10)
	key := string(g.text)
	return &key
}

// setTimes spreads the time of the last change evenly. Records come in its
// order, as in a table that grew, but for 15 in 100 that were changed months
// after they were made. Four in ten were never changed.
func (g *Generator) setTimes(r *offhours.Record) {
	at := (float64(g.made-1) + g.random.Float64()) / float64(g.options.Records)
	n := g.random.IntN(100)
	if n < 15 {
		at = g.random.Float64()
	}
	r.ModifiedOn = g.timeAt(at)
	r.CreatedOn = r.ModifiedOn
	switch {
	case n < 15:
		r.CreatedOn = r.ModifiedOn.Add(-30*24*time.Hour - g.upTo(150*24*time.Hour))
	case n < 60:
		r.CreatedOn = r.ModifiedOn.Add(-g.upTo(5 * 24 * time.Hour))
	}
}

// timeAt is the whole microsecond at a place, from 0 to below 1, of the time in
// which records are modified.
func (g *Generator) timeAt(place float64) time.Time {
	from, until := g.options.From.UnixMicro(), g.options.Until.UnixMicro()
	return time.UnixMicro(min(from+int64(place*float64(until-from)), until-1)).UTC()
}

// upTo is a time from a microsecond to the longest.
func (g *Generator) upTo(longest time.Duration) time.Duration {
	return time.Duration(1+g.random.Int64N(longest.Microseconds())) * time.Microsecond
}

// person is an employee of the account.
type person struct{ id, name, email string }

func (p *person) actor() offhours.Actor {
	return offhours.Actor{ID: &p.id, Name: &p.name, Email: &p.email}
}

func (g *Generator) person() *person { return &g.people[g.random.IntN(len(g.people))] }

func newPeople(accountID int64) []person {
	people := make([]person, len(peopleNames))
	for i, name := range peopleNames {
		email := "agent" + strconv.Itoa(i+1) + "@example.com"
		people[i] = person{newUUID(accountNamespace(accountID), "person/"+email).String(), name, email}
	}
	return people
}
