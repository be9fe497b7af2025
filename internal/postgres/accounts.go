package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// UserByEmail returns the person with that email, in any case of letters, and
// their account. It returns CodeNotFound if there is none; an inactive person is
// returned as such.
func (db *DB) UserByEmail(ctx context.Context, email string) (offhours.User, offhours.Account, error) {
	row, err := db.q.UserByEmail(ctx, db.pool, email)
	if err != nil {
		return offhours.User{}, offhours.Account{}, notFound(err, "user")
	}
	account, err := accountFromRow(row.Account)
	return userFromRow(row.User), account, err
}

// Account returns an account. It returns CodeNotFound if there is none.
func (db *DB) Account(ctx context.Context, id int64) (offhours.Account, error) {
	row, err := db.q.AccountByID(ctx, db.pool, id)
	if err != nil {
		return offhours.Account{}, notFound(err, "account")
	}
	return accountFromRow(row)
}

// RecordTypes returns the custom types of an account by name. No other type is
// ever offered.
func (db *DB) RecordTypes(ctx context.Context, accountID int64) ([]offhours.RecordType, error) {
	rows, err := db.q.CustomTypes(ctx, db.pool, accountID)
	if err != nil {
		return nil, err
	}
	types := make([]offhours.RecordType, 0, len(rows))
	for _, row := range rows {
		t, err := typeFromRow(row)
		if err != nil {
			return nil, err
		}
		types = append(types, t)
	}
	return types, nil
}

func userFromRow(row dbsqlc.User) offhours.User {
	return offhours.User{
		ID:        row.ID,
		AccountID: row.AccountID,
		Email:     row.Email,
		Name:      row.Name,
		Role:      offhours.Role(row.Role),
		Active:    row.Active,
	}
}

func accountFromRow(row dbsqlc.Account) (offhours.Account, error) {
	account := offhours.Account{ID: row.ID, Name: row.Name, FeatureEnabled: row.FeatureEnabled}
	if err := json.Unmarshal(row.Schedule, &account.Schedule); err != nil {
		return offhours.Account{}, fmt.Errorf("read the schedule of account %d: %w", row.ID, err)
	}
	return account, nil
}

func typeFromRow(row dbsqlc.RecordType) (offhours.RecordType, error) {
	t := offhours.RecordType{
		AccountID: row.AccountID,
		Code:      row.Code,
		Name:      row.Name,
		Category:  offhours.Category(row.Category),
	}
	if err := json.Unmarshal(row.Fields, &t.Fields); err != nil {
		return offhours.RecordType{}, fmt.Errorf("read the fields of type %d of account %d: %w", row.Code, row.AccountID, err)
	}
	return t, nil
}
