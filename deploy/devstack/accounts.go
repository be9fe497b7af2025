package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/renameio/v2"
)

// accountsFile is the form in which accounts are given to the product's load
// command.
type accountsFile struct {
	Accounts []account `json:"accounts"`
}

type account struct {
	ID             int64    `json:"id"`
	Name           string   `json:"name"`
	FeatureEnabled bool     `json:"featureEnabled"`
	Schedule       schedule `json:"schedule"`
	Users          []person `json:"users"`
}

type schedule struct {
	TimeZone      string   `json:"timeZone"`
	BusinessHours week     `json:"businessHours"`
	Holidays      []string `json:"holidays"`
}

type week struct {
	Monday    []block `json:"monday"`
	Tuesday   []block `json:"tuesday"`
	Wednesday []block `json:"wednesday"`
	Thursday  []block `json:"thursday"`
	Friday    []block `json:"friday"`
	Saturday  []block `json:"saturday"`
	Sunday    []block `json:"sunday"`
}

// block is a span of local time, "15:04" to "15:04". One that begins after its
// end ends on the next day.
type block struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type person struct {
	Email  string `json:"email"`
	Name   string `json:"name"`
	Role   string `json:"role"`
	Active bool   `json:"active"`
}

// UnmarshalJSON does as the product's load command does: who is not said to be
// inactive is active.
func (p *person) UnmarshalJSON(text []byte) error {
	type plain person // without this method
	read := plain{Active: true}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*p = person(read)
	return nil
}

func (f accountsFile) write(path string) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encode accounts: %w", err)
	}
	if err := renameio.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	return nil
}

// readUsers reads all users of an accounts file, inactive ones too: that they
// are refused is for the product to show.
func readUsers(path string) (users, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	var file accountsFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read accounts in %s: %w", path, err)
	}
	found := file.users()
	if len(found) == 0 {
		return nil, fmt.Errorf("accounts in %s have no users: nobody could sign in", path)
	}
	return found, nil
}

func (f accountsFile) users() users {
	var found users
	for _, account := range f.Accounts {
		for _, person := range account.Users {
			found = append(found, member{person: person, account: account.Name, featureEnabled: account.FeatureEnabled})
		}
	}
	return found
}
