package postgrestest

import (
	"fmt"

	"github.com/google/uuid"
)

// FileKey returns a fresh key of an object of the account.
func (w World) FileKey() string {
	return fmt.Sprintf("files/%d/%s", w.Account.ID, uuid.NewString())
}

// Attach gives a record an attachment that refers to an object, and returns the
// attachment's id. The object itself is not made.
func (w World) Attach(record, name, key string) (id string) {
	w.T.Helper()
	w.Exec(`INSERT INTO files (account_id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, w.Account.ID, key)
	w.Scan(&id, `INSERT INTO attachments (account_id, record_id, name, file_key) VALUES ($1, $2, $3, $4) RETURNING id::text`, w.Account.ID, record, name, key)
	return id
}
