package main

import (
	"context"
	"fmt"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

const mailPatience = 30 * time.Second

// checkMails waits for as many mails as there must be, and compares who got
// which.
func (d *demo) checkMails(ctx context.Context) error {
	expected := d.expectedMails()
	total := 0
	for _, mail := range expected {
		total += mail.count
	}
	pattern := filepath.Join(d.stack.Env["OFFHOURS_MAIL_DIR"], "*.eml")
	var files []string
	err := rig.Poll(ctx, "the mails", mailPatience, nil, func(context.Context) (bool, error) {
		var err error
		files, err = filepath.Glob(pattern)
		return len(files) >= total, err
	})
	if ctx.Err() != nil {
		return err
	}
	d.say("Mails", "%d", len(files))
	seen := map[string]int{}
	for _, file := range files {
		key, err := d.readMail(file)
		if err != nil {
			return err
		}
		seen[key]++
	}
	d.results.equal("mails", total, len(files))
	for _, mail := range expected {
		d.results.equal("mails: "+mail.key, mail.count, seen[mail.key])
	}
	return nil
}

// readMail shows the subject and returns what the mail says to whom.
func (d *demo) readMail(file string) (key string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read a mail: %w", err)
	}
	defer f.Close()
	message, err := mail.ReadMessage(f)
	if err != nil {
		return "", fmt.Errorf("read the mail %s: %w", filepath.Base(file), err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return "", fmt.Errorf("read the subject of %s: %w", filepath.Base(file), err)
	}
	to, err := message.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		return "", fmt.Errorf("the mail %s has no single recipient", filepath.Base(file))
	}
	fmt.Fprintf(d.out, "%12s  to %-18s %s\n", "", to[0].Address, subject)
	about, _, _ := strings.Cut(subject, " of ")
	return mailKey(about, to[0].Address), nil
}

func mailKey(about, to string) string { return about + ", to " + to }

type expectedMail struct {
	key   string
	count int
}

// expectedMails are those that people are promised: the creator hears of the
// creation, of a revocation and of a failure, every administrator of a success.
func (d *demo) expectedMails() (mails []expectedMail) {
	add := func(status offhours.Status, p *plan, to string) {
		key := mailKey(status.Label()+": "+p.draft.RequestType.SubjectLabel(), to)
		for i := range mails {
			if mails[i].key == key {
				mails[i].count++
				return
			}
		}
		mails = append(mails, expectedMail{key, 1})
	}
	add(offhours.StatusInQueue, &d.export, admin)
	add(offhours.StatusInQueue, &d.delete, secondAdmin)
	add(offhours.StatusInQueue, &d.third, admin)
	add(offhours.StatusRevoked, &d.third, admin)
	add(offhours.StatusInQueue, &d.fourth, admin)
	add(offhours.StatusFailed, &d.fourth, admin)
	for _, p := range []*plan{&d.export, &d.delete} {
		add(offhours.StatusSuccess, p, admin)
		add(offhours.StatusSuccess, p, secondAdmin)
	}
	return mails
}
