package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/offhours/offhours/internal/postgres"
)

// findAccount takes an id, or else the exact name of an account.
func findAccount(ctx context.Context, db *postgres.DB, given string) (int64, error) {
	if id, err := strconv.ParseInt(given, 10, 64); err == nil {
		return id, nil
	}
	id, err := db.AccountIDByName(ctx, given)
	if err != nil {
		return 0, fmt.Errorf("find account %q: %w", given, err)
	}
	return id, nil
}

func (l loader) tellResult(result postgres.LoadResult) {
	table := tabwriter.NewWriter(l.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CODE\tTYPE\tINSERTED\tUNCHANGED\tFILES\t")
	for _, t := range result.Types {
		note := ""
		if t.Created {
			note = "new type"
		}
		fmt.Fprintf(table, "%d\t%s\t%d\t%d\t%d\t%s\n", t.Code, printable(t.Name), t.Inserted, t.Unchanged, t.Files, note)
	}
	fmt.Fprintf(table, "\ttotal\t%d\t%d\t%d\t\n", result.Inserted(), result.Unchanged(), result.Files())
	_ = table.Flush()
}

// printable is a name as it stands, or quoted if a line could not show it.
func printable(name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}
