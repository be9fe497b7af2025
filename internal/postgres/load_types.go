package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// firstCustomCode is where the codes of custom types begin.
const firstCustomCode = 201

// ensureTypes finds or creates a custom type for each name. Until the
// transaction ends, other loads into the account wait.
func (db *DB) ensureTypes(ctx context.Context, tx pgx.Tx, accountID int64, names []string, fields []offhours.Field) (map[string]LoadedType, error) {
	if err := db.q.LockTypes(ctx, tx, accountID); err != nil {
		return nil, fmt.Errorf("lock the types: %w", err)
	}
	rows, err := db.q.TypesOfAccount(ctx, tx, accountID)
	if err != nil {
		return nil, fmt.Errorf("read the types: %w", err)
	}
	there := make(map[string]offhours.RecordType)
	taken := make(map[int]bool)
	for _, row := range rows {
		t, err := typeFromRow(row)
		if err != nil {
			return nil, err
		}
		there[t.Name], taken[t.Code] = t, true
	}
	types := make(map[string]LoadedType)
	for _, name := range names {
		t, ok := there[name]
		if ok {
			if err := checkLoadable(t, fields); err != nil {
				return nil, err
			}
			types[name] = LoadedType{Code: t.Code, Name: name}
			continue
		}
		code := nextCode(taken)
		if err := db.addType(ctx, tx, accountID, code, name, fields); err != nil {
			return nil, err
		}
		types[name] = LoadedType{Code: code, Name: name, Created: true}
	}
	return types, nil
}

// nextCode takes the first free code.
func nextCode(taken map[int]bool) int {
	code := firstCustomCode
	for taken[code] {
		code++
	}
	taken[code] = true
	return code
}

func (db *DB) addType(ctx context.Context, tx pgx.Tx, accountID int64, code int, name string, fields []offhours.Field) error {
	if fields == nil {
		fields = []offhours.Field{}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("encode the fields of type %q: %w", name, err)
	}
	err = db.q.AddType(ctx, tx, dbsqlc.AddTypeParams{AccountID: accountID, Code: code, Name: name, Fields: text})
	if err != nil {
		return fmt.Errorf("create type %q: %w", name, err)
	}
	return nil
}

// checkLoadable refuses a type whose columns would get values of other fields:
// mx_Custom_1 must mean the same in what is there and in what comes.
func checkLoadable(t offhours.RecordType, fields []offhours.Field) error {
	if t.Category != offhours.CategoryCustom {
		return fmt.Errorf("type %q (%d) is not a custom type but of category %s", t.Name, t.Code, t.Category)
	}
	for _, f := range fields {
		if !slices.ContainsFunc(t.Fields, f.Equal) {
			return fmt.Errorf("type %q (%d) is there with other custom fields: it has no field %s called %q", t.Name, t.Code, f.SchemaName, f.DisplayName)
		}
	}
	return nil
}
