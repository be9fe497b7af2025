package dataset

import (
	"encoding/hex"
	"strings"

	"github.com/offhours/offhours"
)

// photos is the Custom Field Set of records with files.
var photos = offhours.Field{SchemaName: "mx_Custom_9", DisplayName: "Photos", Fields: []offhours.Field{
	{SchemaName: "mx_CustomObject_1", DisplayName: "Files", File: true},
	{SchemaName: "mx_CustomObject_2", DisplayName: "Status"},
}}

// attachmentNames may stand in one record twice: names are the users' affair.
var attachmentNames = []string{
	"scan.pdf", "scan.pdf", "IMG_0001.jpg", "IMG_0002.jpg", "passport, page 2.png", `the "original".pdf`, "領収書.pdf", "صورة.jpg",
	"=1+1.csv", "-rf", "no extension", "Größe.tar.gz", "voice note.m4a", ".hidden", "name with\nnewline.txt", "e\u0301.png", "CON", "😀.gif",
}

// addFiles gives a record attachments, a set that names files, or both.
func (g *Generator) addFiles(in *offhours.Incoming) {
	kind := g.files.IntN(100)
	if kind < 75 {
		for range 1 + g.files.IntN(3) {
			in.Files = append(in.Files, offhours.IncomingFile{Name: attachmentNames[g.files.IntN(len(attachmentNames))]})
		}
	}
	if kind >= 60 {
		in.Files = append(in.Files, g.addSet(&in.Record)...)
	}
	for i := range in.Files {
		in.Files[i].Content = fileContent(in.Record.ID, i, in.Files[i].Name)
	}
}

// addSet gives a record a value of the set photos with one to three files. Most
// are a text that holds a JSON object, as the CRM stores it; some are the object
// itself, and a few are texts that were cut off.
func (g *Generator) addSet(r *offhours.Record) (files []offhours.IncomingFile) {
	var names []string
	for range 1 + g.files.IntN(3) {
		name := g.storedName()
		names = append(names, name)
		files = append(files, offhours.IncomingFile{Name: name, Field: photos.Path(photos.Fields[0])})
	}
	set := appendJSON(appendKey([]byte{'{'}, photos.Fields[0].SchemaName), strings.Join(names, ","))
	set = appendJSON(appendKey(set, photos.Fields[1].SchemaName), setStatuses[g.files.IntN(len(setStatuses))])
	set = append(set, '}')
	fields := appendKey([]byte(strings.TrimSuffix(r.Fields, "}")), photos.SchemaName)
	switch n := g.files.IntN(100); {
	case n < 5:
		fields = append(fields, set...)
	case n < 7:
		fields = appendJSON(fields, string(set[:len(set)/2]))
	default:
		fields = appendJSON(fields, string(set))
	}
	r.Fields = string(append(fields, '}'))
	return files
}

// storedName is a name as the CRM gives to files of sets.
func (g *Generator) storedName() string {
	var id [4]byte
	for i := range id {
		id[i] = byte(g.files.Uint32())
	}
	return hex.EncodeToString(id[:]) + setExtensions[g.files.IntN(len(setExtensions))]
}

var (
	setStatuses   = []string{"Pending", "Approved", "Rejected", ""}
	setExtensions = []string{".png", ".jpg", ".pdf", ".JPEG", ""}
)
