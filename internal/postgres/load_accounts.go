package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/internal/dbsqlc"
)

// AccountSeed is an account with its people, as [DB.UpsertAccounts] takes them.
// IDs and AccountIDs of the users are ignored.
type AccountSeed struct {
	Account offhours.Account
	Users   []offhours.User
}

// Changes counts what became of seeds.
type Changes struct{ Created, Updated, Unchanged int }

func (c *Changes) count(created []bool) {
	switch {
	case len(created) == 0:
		c.Unchanged++
	case created[0]:
		c.Created++
	default:
		c.Updated++
	}
}

// UpsertAccounts brings accounts, by id, and users, by email, to what the seeds
// say, all of them or none. What the seeds do not name stays as it is: nobody is
// deleted. Its errors say which seed is wrong, by its place.
//
// The live requests of an account that changes are planned anew by its hours, as
// by [DB.SetSchedule]; workers tell their workflows. grace is that of the API.
func (db *DB) UpsertAccounts(ctx context.Context, seeds []AccountSeed, grace time.Duration) (accounts, users Changes, err error) {
	now, err := db.Now(ctx)
	if err != nil {
		return Changes{}, Changes{}, fmt.Errorf("load accounts: %w", err)
	}
	if err := checkSeeds(seeds, now); err != nil {
		return Changes{}, Changes{}, err
	}
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		accounts, users = Changes{}, Changes{}
		for i, seed := range seeds {
			if err := db.putAccount(ctx, tx, seed.Account, grace, &accounts); err != nil {
				return fmt.Errorf("load accounts[%d]: %w", i, err)
			}
			for j, user := range seed.Users {
				if err := db.putUser(ctx, tx, seed.Account.ID, user, &users); err != nil {
					return fmt.Errorf("load accounts[%d].users[%d]: %w", i, j, err)
				}
			}
		}
		if accounts.Created > 0 {
			return db.q.MoveAccountSequence(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return Changes{}, Changes{}, err
	}
	return accounts, users, nil
}

func (db *DB) putAccount(ctx context.Context, tx pgx.Tx, a offhours.Account, grace time.Duration, changes *Changes) error {
	schedule, err := json.Marshal(a.Schedule)
	if err != nil {
		return fmt.Errorf("encode the schedule: %w", err)
	}
	created, err := db.q.PutAccount(ctx, tx, dbsqlc.PutAccountParams{
		ID: a.ID, Name: a.Name, FeatureEnabled: a.FeatureEnabled, Schedule: schedule,
	})
	if err != nil {
		return err
	}
	changes.count(created)
	if len(created) == 0 || created[0] {
		return nil // nothing changed, or there are no requests yet
	}
	_, err = db.replan(ctx, tx, a.ID, bySystem, grace)
	return err
}

func (db *DB) putUser(ctx context.Context, tx pgx.Tx, accountID int64, u offhours.User, changes *Changes) error {
	created, err := db.q.PutUser(ctx, tx, dbsqlc.PutUserParams{
		AccountID: accountID, Email: u.Email, Name: u.Name, Role: string(u.Role), Active: u.Active,
	})
	if err != nil {
		return err
	}
	changes.count(created)
	owner, err := db.q.UserAccount(ctx, tx, u.Email)
	if err == nil && owner != accountID {
		return fmt.Errorf("the email belongs to a user of account %d", owner)
	}
	return err
}

// checkSeeds returns everything that is wrong with seeds, at once.
func checkSeeds(seeds []AccountSeed, now time.Time) error {
	var problems []error
	ids, emails := make(map[int64]bool), make(map[string]bool)
	for i, seed := range seeds {
		for _, text := range accountProblems(seed.Account, ids, now) {
			problems = append(problems, fmt.Errorf("accounts[%d].%s", i, text))
		}
		for j, user := range seed.Users {
			for _, text := range userProblems(user, emails) {
				problems = append(problems, fmt.Errorf("accounts[%d].users[%d].%s", i, j, text))
			}
		}
	}
	return errors.Join(problems...)
}

func accountProblems(a offhours.Account, ids map[int64]bool, now time.Time) (problems []string) {
	if a.ID <= 0 {
		problems = append(problems, "id must be above 0")
	} else if ids[a.ID] {
		problems = append(problems, "id is that of an earlier account")
	}
	ids[a.ID] = true
	if a.Name == "" {
		problems = append(problems, "name is missing")
	}
	if err := a.Schedule.Validate(now); err != nil {
		problems = append(problems, "schedule: "+refusalText(err))
	}
	return problems
}

func userProblems(u offhours.User, emails map[string]bool) (problems []string) {
	key := strings.ToLower(u.Email)
	if at := strings.LastIndexByte(u.Email, '@'); at < 1 || at == len(u.Email)-1 {
		problems = append(problems, "email is not an address")
	} else if emails[key] {
		problems = append(problems, "email is that of an earlier user")
	}
	emails[key] = true
	if u.Name == "" {
		problems = append(problems, "name is missing")
	}
	switch u.Role {
	case offhours.RoleAdministrator, offhours.RoleSalesManager, offhours.RoleSalesUser, offhours.RoleMarketingUser:
	default:
		problems = append(problems, "role must be administrator, sales_manager, sales_user or marketing_user")
	}
	return problems
}

// refusalText is the text of a refusal without its code.
func refusalText(err error) string {
	var refusal *offhours.Error
	if errors.As(err, &refusal) {
		return refusal.Detail
	}
	return err.Error()
}

// AccountIDByName returns the id of the account with exactly that name. It
// returns CodeNotFound if there is none, and an error if there are several.
func (db *DB) AccountIDByName(ctx context.Context, name string) (int64, error) {
	ids, err := db.q.AccountIDsByName(ctx, db.pool, name)
	switch {
	case err != nil:
		return 0, fmt.Errorf("find account %q: %w", name, err)
	case len(ids) == 0:
		return 0, notFound(pgx.ErrNoRows, "account")
	case len(ids) > 1:
		return 0, fmt.Errorf("%d accounts are called %q; give the id", len(ids), name)
	}
	return ids[0], nil
}
