package activities_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob"
	"pgregory.net/rapid"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// How much of the model `make test` tries. -rapid.checks and -rapid.steps try more.
const (
	modelChecks = "16"
	modelSteps  = "80"
)

// Whatever users, operators, workers and disks do, one after the other, at the
// worst moments: nothing is deleted that is not in the archive, and every request
// comes to an end that adds up. The database and the bucket are real; sets in
// memory say what has to be in them after each step.
//
// A run that fails is kept in testdata/rapid, and tried first from then on.
func TestTheModelHolds(t *testing.T) {
	atLeast(t, "rapid.checks", modelChecks)
	atLeast(t, "rapid.steps", modelSteps)
	tried := map[string]int{}
	defer func() { t.Logf("tried: %v", tried) }()
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t, rt)
		m.tried = tried
		actions := map[string]func(*rapid.T){"": func(*rapid.T) { m.check() }}
		for name, act := range map[string]func(){
			// drawn as often as it has names
			"go on": m.goOnAWhile, "go on 2": m.goOnAWhile, "go on 3": m.goOnAWhile, "go on 4": m.goOnAWhile,
			"go on and die": m.goOnAndDie, "go on and die 2": m.goOnAndDie, "repeat": m.repeat, "zombie": m.zombie, "zombie 2": m.zombie,
			"user": m.user, "another user": m.user, "bucket": m.disturb, "clock": m.moveTime, "operator": m.operate,
		} {
			actions[name] = func(*rapid.T) { act() }
		}
		rt.Repeat(actions)
		m.comeToAnEnd()
	})
}

// atLeast sets a flag of rapid's that nobody has set.
func atLeast(t *testing.T, name, value string) {
	t.Helper()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	if !set {
		require.NoError(t, flag.Set(name, value))
	}
}

// model is what has to be in the database and in the bucket.
type model struct {
	*pipeline
	draw *rapid.T
	dir  string // of the bucket
	next int    // makes names and ids of it
	busy bool   // business goes on, around the clock

	records  map[string]string   // rows by id, each with its version
	attached map[string]string   // by record and id
	objects  map[string]string   // contents by key
	contents map[string][]string // that an object has ever had
	others   string              // all of another account, which has the same ids

	request *offhours.Request // the live one
	failure *offhours.Failure // it met, and has to end with
	proved  bool              // nothing is left to do but its end
	deleted map[string]gone   // of the request, by id
	done    map[int]int       // progress of its parts
	seen    int64             // of the witness
	allowed bool              // to delete records in this step
	damaged bool              // somebody changed its files
	late    []write           // what its attempts that died may still be about to write
	tried   map[string]int    // how often, in all checks
}

// gone is what the database's trigger saw go.
type gone struct {
	version     string
	content     map[string]any
	attachments map[string]map[string]any // by id
}

// witnessSQL notes what the product deletes, in its own transactions.
const witnessSQL = `
CREATE TABLE witness (n bigint GENERATED ALWAYS AS IDENTITY, name text, version text, account_id bigint, content jsonb);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('application_name') = 'offhours' THEN
        INSERT INTO witness (name, version, account_id, content) VALUES (TG_TABLE_NAME, OLD.xmin::text, OLD.account_id, to_jsonb(OLD));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER DELETE ON records FOR EACH ROW EXECUTE FUNCTION witness();
CREATE TRIGGER witness AFTER DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION witness()`

func newModel(t *testing.T, rt *rapid.T) *model {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "bucket")
	require.NoError(rt, err)
	url := "file://" + dir + "?no_tmp_dir=true&metadata=skip"
	bucket, err := blob.OpenBucket(t.Context(), url)
	require.NoError(rt, err)
	store, err := archive.Open(t.Context(), url)
	require.NoError(rt, err)
	rt.Cleanup(func() { _, _ = bucket.Close(), store.Close() })
	p := &pipeline{World: postgrestest.NewWorld(oneCheck{t, rt}), bucket: bucket, store: store}
	p.work()
	p.selection.PartSize = 3
	m := &model{
		pipeline: p, draw: rt, dir: dir,
		objects: map[string]string{}, contents: map[string][]string{},
	}
	m.AddType(code, 0, 0)
	m.AddType(otherCode, 0, 0)
	m.Exec(`UPDATE record_types SET fields = '[{"schemaName": "mx_1", "displayName": "City"}]'`)
	for range rapid.IntRange(3, 9).Draw(rt, "records") {
		m.insert()
	}
	m.addNeighbour()
	m.Exec(witnessSQL)
	m.others = m.neighbour()
	m.look()
	return m
}

// otherCode is a type that no request selects.
const otherCode = 999

// addNeighbour copies all that the account has to another account, under the same
// ids and, for it is written by the same statements, with the same versions.
func (m *model) addNeighbour() {
	m.T.Helper()
	other := m.NewAccount("Globex", "admin@globex.example").Account.ID
	m.change([]string{
		`INSERT INTO record_types SELECT $1, code, name, category, fields FROM record_types`,
		`CREATE TEMP TABLE records_loaded AS SELECT * FROM records`, `CREATE TEMP TABLE attachments_loaded AS SELECT * FROM attachments`,
		`DELETE FROM attachments`, `DELETE FROM records`,
		`INSERT INTO records SELECT (jsonb_populate_record(r, jsonb_build_object('account_id', a.id))).* FROM records_loaded r, accounts a`,
		`INSERT INTO files SELECT a.id, format('files/%s/%s', a.id, split_part(key, '/', 3)) FROM files, accounts a WHERE a.id = $1`,
		`INSERT INTO attachments SELECT a.id, record_id, t.id, t.name, format('files/%s/%s', a.id, split_part(file_key, '/', 3)) FROM attachments_loaded t, accounts a`,
	}, other)
	for key, content := range m.objects {
		m.write(fmt.Sprintf("files/%d/%s", other, path.Base(key)), content)
	}
}

// neighbour is all of the other account.
func (m *model) neighbour() (text string) {
	m.T.Helper()
	m.Scan(&text, `SELECT concat((SELECT json_agg(format('%s %s', xmin, r) ORDER BY id) FROM records r WHERE account_id <> $1),
		(SELECT json_agg(format('%s %s', xmin, t) ORDER BY id) FROM attachments t WHERE account_id <> $1),
		(SELECT json_agg(format('%s %s', xmin, f) ORDER BY key) FROM files f WHERE account_id <> $1))`, m.Account.ID)
	objects, err := filepath.Glob(m.path(fmt.Sprintf("files/[^%d]/*", m.Account.ID)))
	require.NoError(m.T, err)
	return text + strings.Join(objects, " ")
}

// look takes what is in the database for what has to be: somebody other than the
// product has changed it.
func (m *model) look() {
	m.T.Helper()
	m.records = m.rows(`SELECT id::text, format('%s %s', xmin, r) FROM records r WHERE account_id = $1`)
	m.attached = m.rows(`SELECT format('%s %s', record_id, id), format('%s %s', xmin, t) FROM attachments t WHERE account_id = $1`)
}

// rows reads two columns of the account's rows.
func (m *model) rows(sql string) map[string]string {
	m.T.Helper()
	rows, err := m.Conn.Query(m.T.Context(), sql, m.Account.ID)
	require.NoError(m.T, err)
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var key, value string
		require.NoError(m.T, rows.Scan(&key, &value))
		found[key] = value
	}
	require.NoError(m.T, rows.Err())
	return found
}

// newID is the same in every run of the same steps.
func (m *model) newID() string {
	m.next++
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte{byte(m.next >> 8), byte(m.next)}).String()
}

// path is where an object of the bucket is on the disk.
func (m *model) path(key string) string { return filepath.Join(m.dir, filepath.FromSlash(key)) }

// oneCheck makes a check of rapid's a test of its own, which cleans up after itself.
type oneCheck struct {
	testing.TB
	check *rapid.T
}

func (c oneCheck) Cleanup(f func())             { c.check.Cleanup(f) }
func (c oneCheck) Context() context.Context     { return c.TB.Context() }
func (c oneCheck) Error(args ...any)            { c.check.Error(args...) }
func (c oneCheck) Errorf(f string, args ...any) { c.check.Errorf(f, args...) }
func (c oneCheck) Fail()                        { c.check.Fail() }
func (c oneCheck) FailNow()                     { c.check.FailNow() }
func (c oneCheck) Failed() bool                 { return c.check.Failed() }
func (c oneCheck) Fatal(args ...any)            { c.check.Fatal(args...) }
func (c oneCheck) Fatalf(f string, args ...any) { c.check.Fatalf(f, args...) }
func (c oneCheck) Log(args ...any)              { c.check.Log(args...) }
func (c oneCheck) Logf(f string, args ...any)   { c.check.Logf(f, args...) }
