package mail

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// fileTransport writes each message to a file of its own, for development and
// for installations whose mails are fetched by something else. Files appear
// complete or not at all, are never replaced, and survive a crash. They are
// readable by their owner alone.
type fileTransport struct {
	dir  string
	from Recipient
	now  func() time.Time
}

func newFileTransport(dir string, from Recipient) (Transport, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &fileTransport{dir: dir, from: from, now: time.Now}, nil
}

// Send returns the Message-ID without its brackets. Names of files sort by time.
func (t *fileTransport) Send(ctx context.Context, m Message) (string, error) {
	if err := m.validate(); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", &SendError{Kind: Retryable, Reason: "not sent: " + err.Error(), cause: err}
	}
	now := t.now().UTC()
	id := messageID(m, t.from)
	data, err := encode(m, t.from, id, now)
	if err != nil {
		return "", permanent("the message cannot be encoded")
	}
	if err := t.publish(now.Format("20060102T150405.000000000Z-")+m.ID+".eml", data); err != nil {
		return "", err
	}
	return id, nil
}

// publish links a complete file to its name: unlike renaming, that fails if the
// name is taken.
func (t *fileTransport) publish(name string, data []byte) error {
	temp, err := writeTemp(t.dir, data)
	if temp != "" {
		defer os.Remove(temp)
	}
	if err != nil {
		return &SendError{Kind: Retryable, Reason: "not written: " + err.Error(), cause: err}
	}
	if err := os.Link(temp, filepath.Join(t.dir, name)); err != nil {
		return &SendError{Kind: Retryable, Reason: "not written: " + err.Error(), cause: err}
	}
	if err := syncDir(t.dir); err != nil {
		return &SendError{Kind: Unknown, Reason: "written, but a crash may lose it: " + err.Error(), cause: err}
	}
	return nil
}

// writeTemp returns the name of the file, if there is one, also with an error.
func writeTemp(dir string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, ".sending-*")
	if err != nil {
		return "", err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return f.Name(), err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
