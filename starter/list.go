package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
)

const (
	// patience is how long a command waits for PostgreSQL and Temporal.
	patience = 30 * time.Second
	maxLimit = 1000
)

const listExamples = `  starter list --status in_queue,in_progress
  starter list --account 1 --type "Document Collection" --limit 5
  starter list --status failed --output json`

var statuses = []offhours.Status{
	offhours.StatusInQueue, offhours.StatusInProgress, offhours.StatusSuccess, offhours.StatusFailed, offhours.StatusRevoked,
}

func (t *tool) listCommand() *cobra.Command {
	var query offhours.SupportQuery
	var status []string
	var activityType, requestType string
	command := &cobra.Command{
		Use:     "list",
		Short:   "List requests of all accounts, the newest first",
		Example: listExamples,
		Args:    cobra.NoArgs,
	}
	command.Flags().Int64Var(&query.AccountID, "account", 0, "only the account with this `id`")
	command.Flags().StringSliceVar(&status, "status", nil, "only these `statuses`: in_queue, in_progress, success, failed, revoked")
	command.Flags().StringVar(&activityType, "type", "", "only this activity type, by `code or name`")
	command.Flags().StringVar(&requestType, "request-type", "", "only export_and_delete or delete_only")
	command.Flags().IntVar(&query.Limit, "limit", 20, "at most so many")
	command.RunE = t.does(func(ctx context.Context, _ []string) error {
		if err := filter(&query, status, activityType, requestType); err != nil {
			return err
		}
		return t.list(ctx, query)
	})
	return command
}

// filter reads what flags alone do not check.
func filter(query *offhours.SupportQuery, status []string, activityType, requestType string) error {
	for _, text := range status {
		query.Statuses = append(query.Statuses, offhours.Status(text))
		if !slices.Contains(statuses, offhours.Status(text)) {
			return usagef("there is no status %q: give in_queue, in_progress, success, failed or revoked", text)
		}
	}
	query.RequestType = offhours.RequestType(requestType)
	if requestType != "" && !query.RequestType.Valid() {
		return usagef("there is no request type %q: give %s or %s", requestType, offhours.ExportAndDelete, offhours.DeleteOnly)
	}
	if query.Limit < 1 || query.Limit > maxLimit {
		return usagef("--limit must be from 1 to %d", maxLimit)
	}
	if code, err := strconv.ParseInt(activityType, 10, 32); err == nil && code > 0 {
		query.ActivityType = int(code)
	} else {
		query.EntityName = activityType
	}
	return nil
}

func (t *tool) list(ctx context.Context, query offhours.SupportQuery) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rooms, _, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer rooms.close()
	found, err := rooms.db.SupportRequests(ctx, query)
	if err != nil {
		return fmt.Errorf("list requests: %w", err)
	}
	if t.output == jsonFormat {
		items := []requestJSON{}
		for _, r := range found {
			items = append(items, toJSON(r))
		}
		return t.printJSON(map[string]any{"items": items})
	}
	if len(found) == 0 {
		t.note("No request matches.")
		return nil
	}
	rows := [][]string{strings.Fields("ID ACCOUNT CREATED TYPE RECORDS STATUS ENTITY")}
	for _, r := range found {
		rows = append(rows, []string{
			r.ID, strconv.FormatInt(r.AccountID, 10), clock(r.CreatedOn), r.RequestType.Label(), strconv.Itoa(r.Records), r.Status.Label(), printable(r.EntityName),
		})
	}
	printRows(t.stdout, rows...)
	return nil
}
