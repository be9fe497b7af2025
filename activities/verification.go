package activities

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"

	"github.com/offhours/offhours"
)

// VerificationStore is what Verification needs of the database.
type VerificationStore interface {
	Part(ctx context.Context, ref offhours.RequestRef, part int) (offhours.Part, error)
	Copies(ctx context.Context, part offhours.Part) ([]offhours.Copy, error)
	RecordVerified(ctx context.Context, part offhours.Part, keys offhours.PartKeys) error
	Replan(ctx context.Context, part offhours.Part) error
	Export(ctx context.Context, ref offhours.RequestRef) (offhours.Export, error)
	Seal(ctx context.Context, ref offhours.RequestRef, seal offhours.Seal) error
}

// VerificationArchive is what Verification needs of the archive.
type VerificationArchive interface {
	VerifyPart(ctx context.Context, files offhours.PartFiles, shape offhours.PartShape, selection offhours.Selection) (offhours.PartKeys, error)
	ReadList(ctx context.Context, list offhours.Stored, header []string) ([]offhours.Listed, error)
	WriteManifest(ctx context.Context, ref offhours.RequestRef, attempt string, manifest offhours.Manifest, attachments iter.Seq2[offhours.ManifestFile, error]) (offhours.Stored, error)
}

// Verification proves that what was written can be read back, before anything
// is deleted.
type Verification struct {
	Store   VerificationStore
	Archive VerificationArchive
}

// VerifyPart reads the files of a part and the copies of its attachments back. If
// they are not what was written, the part is planned anew and the result says so.
func (v *Verification) VerifyPart(ctx context.Context, in PartInput) (PartResult, error) {
	part, err := v.Store.Part(ctx, in.RequestRef, in.Part)
	if err != nil {
		return PartResult{}, translate(err)
	}
	switch part.State {
	case offhours.PartPlanned:
		return PartResult{Corrupt: true}, nil // by an attempt whose answer was lost
	case offhours.PartVerified:
		return PartResult{Rows: part.Keys.Rows}, nil
	}
	if part.Files.Copies, err = v.Store.Copies(ctx, part); err != nil {
		return PartResult{}, translate(err)
	}
	keys, err := v.Archive.VerifyPart(ctx, part.Files, part.Shape, part.Selection)
	if errors.Is(err, offhours.ErrCorrupt) {
		count(ctx, partsCorrupt, 1)
		activity.GetLogger(ctx).Error("a part does not read back", "part", in.Part, "error", err)
		return PartResult{Corrupt: true}, translate(v.Store.Replan(ctx, part))
	}
	if err != nil {
		return PartResult{}, translate(err)
	}
	if err := v.Store.RecordVerified(ctx, part, keys); err != nil {
		return PartResult{}, translate(err)
	}
	count(ctx, recordsVerified, keys.Rows)
	return PartResult{Rows: keys.Rows}, nil
}

// SealInput is the input to Seal.
type SealInput struct {
	offhours.RequestRef
	Round int `json:"round"`
}

// SealResult is what the lists of a round hold.
type SealResult struct {
	Listed int   `json:"listed"`
	Replan []int `json:"replan,omitempty"` // parts to export again before sealing
}

// Seal proves that the lists, together, hold every record once and no more than
// were confirmed, writes the manifest and reads it back, and only then lets the
// round be deleted. Each part has a snapshot of its own: a record that moved
// between two of them stands in both lists, and the older part is exported again.
func (v *Verification) Seal(ctx context.Context, in SealInput) (SealResult, error) {
	defer heartbeat(ctx)()
	export, err := v.Store.Export(ctx, in.RequestRef)
	if err != nil {
		return SealResult{}, translate(err)
	}
	if export.Sealed >= in.Round {
		return SealResult{}, nil
	}
	if len(export.Open) > 0 { // planned anew by an attempt whose answer was lost
		return SealResult{Replan: export.Open}, nil
	}
	if in.Round == 1 && !export.InTime {
		return SealResult{}, translate(offhours.TooLateToDelete())
	}
	lists, err := v.readLists(ctx, export, in.Round)
	if err != nil {
		return SealResult{}, translate(err)
	}
	if len(lists.repeated) > 0 {
		return SealResult{Replan: lists.repeated}, translate(v.replan(ctx, export, lists.repeated))
	}
	if lists.distinct > export.Records {
		return SealResult{}, translate(offhours.MoreThanConfirmed(lists.distinct, export.Records))
	}
	return v.seal(ctx, in, export, lists)
}

func (v *Verification) seal(ctx context.Context, in SealInput, export offhours.Export, lists lists) (SealResult, error) {
	manifest := export.Manifest
	manifest.Records = lists.distinct
	manifest.Attachments, manifest.MissingAttachments = lists.copied, lists.missing
	manifest.Files = manifestFiles(export.Parts)
	manifest.WrittenOn = activity.GetInfo(ctx).StartedTime.UTC()
	stored, err := v.Archive.WriteManifest(ctx, in.RequestRef, attemptName(ctx, in.Round), manifest, v.attachments(ctx, lists.withCopies))
	if err != nil {
		return SealResult{}, translate(err)
	}
	seal := offhours.Seal{Round: in.Round, Listed: lists.distinct, Manifest: stored, Lists: map[int]string{}, Rewritten: lists.rewritten}
	for _, part := range export.Parts {
		seal.Lists[part.Number] = part.Files.List.SHA256
	}
	if err := v.Store.Seal(ctx, in.RequestRef, seal); err != nil {
		return SealResult{}, translate(err)
	}
	return SealResult{Listed: lists.distinct}, nil
}

// lists is what the verified lists of an export hold together.
type lists struct {
	distinct  int              // in the first round
	repeated  []int            // parts with a record that a later part lists too
	rewritten map[int][]string // ids in the parts of the round to be sealed, by source part

	withCopies      []offhours.Part // whose lists name copied attachments
	copied, missing int             // attachments in all of them
}

// parallelLists is how many lists Seal reads at once. Hashing and parsing take most
// of the time, and all of their rows are in memory.
const parallelLists = 2

func (v *Verification) readLists(ctx context.Context, export offhours.Export, round int) (lists, error) {
	result := lists{rewritten: map[int][]string{}}
	seen := make(map[uuid.UUID]int, export.Records)
	for parts := range slices.Chunk(export.Parts, parallelLists) {
		read, err := v.readAtOnce(ctx, parts)
		if err != nil {
			return lists{}, err
		}
		for i, part := range parts {
			result.count(part, read[i])
			switch {
			case part.Round > 1 && part.Round < round:
			case part.Round > 1:
				result.rewritten[part.SourcePart] = idsOf(read[i])
			default:
				earlier, err := repeated(seen, read[i], part.Number)
				if err != nil {
					return lists{}, err
				}
				result.repeated = append(result.repeated, earlier...)
			}
		}
	}
	result.distinct = len(seen)
	return result, nil
}

// readAtOnce returns the rows of each part's list.
func (v *Verification) readAtOnce(ctx context.Context, parts []offhours.Part) ([][]offhours.Listed, error) {
	read := make([][]offhours.Listed, len(parts))
	return read, atOnce(ctx, len(parts), parallelLists, func(ctx context.Context, i int) (err error) {
		read[i], err = v.Archive.ReadList(ctx, parts[i].Files.List, parts[i].Shape.List)
		return err
	})
}

func idsOf(rows []offhours.Listed) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}

// count counts the attachments of a part.
func (l *lists) count(part offhours.Part, rows []offhours.Listed) {
	before := l.copied
	for _, row := range rows {
		for _, attachment := range row.Attachments {
			if attachment.File != "" {
				l.copied++
			}
			if attachment.Missing {
				l.missing++
			}
		}
	}
	if l.copied > before {
		l.withCopies = append(l.withCopies, part)
	}
}

// repeated returns the earlier parts that list one of the records, each once.
func repeated(seen map[uuid.UUID]int, rows []offhours.Listed, part int) (earlier []int, err error) {
	found := map[int]bool{}
	for _, row := range rows {
		id, err := uuid.Parse(row.ID)
		if err != nil {
			return nil, fmt.Errorf("%w: the list of part %d has an id that is none", offhours.ErrCorrupt, part)
		}
		if first, ok := seen[id]; ok && !found[first] {
			found[first] = true
			earlier = append(earlier, first)
		}
		seen[id] = part
	}
	return earlier, nil
}

func (v *Verification) replan(ctx context.Context, export offhours.Export, numbers []int) error {
	for _, part := range export.Parts {
		for _, number := range numbers {
			if part.Number != number {
				continue
			}
			if err := v.Store.Replan(ctx, part); err != nil && !errors.Is(err, offhours.ErrFenced) {
				return err
			}
		}
	}
	return nil
}

// attachments yields the copied attachments as the lists name them, part by part:
// a request may have more than should be in memory at once.
func (v *Verification) attachments(ctx context.Context, parts []offhours.Part) iter.Seq2[offhours.ManifestFile, error] {
	return func(yield func(offhours.ManifestFile, error) bool) {
		for _, part := range parts {
			rows, err := v.Archive.ReadList(ctx, part.Files.List, part.Shape.List)
			if err != nil {
				yield(offhours.ManifestFile{}, err)
				return
			}
			for _, row := range rows {
				for _, a := range row.Attachments {
					file := offhours.ManifestFile{Name: a.File, Kind: offhours.FileAttachment, Part: part.Number, Bytes: a.Bytes, SHA256: a.SHA256}
					if a.File != "" && !yield(file, nil) {
						return
					}
				}
			}
		}
	}
}

func manifestFiles(parts []offhours.Part) []offhours.ManifestFile {
	var files []offhours.ManifestFile
	for _, part := range parts {
		if csv := part.Files.CSV; csv != nil {
			files = append(files, manifestFile(part, offhours.CSVName(part.Number), offhours.FileCSV, *csv))
		}
		files = append(files, manifestFile(part, offhours.ListName(part.Number), offhours.FileManifest, part.Files.List))
	}
	return files
}

func manifestFile(part offhours.Part, name, kind string, stored offhours.Stored) offhours.ManifestFile {
	return offhours.ManifestFile{
		Name: name, Kind: kind, Part: part.Number, Rows: part.Keys.Rows, Bytes: stored.Bytes, SHA256: stored.SHA256,
		FirstKey: part.Keys.First, LastKey: part.Keys.Last,
	}
}
