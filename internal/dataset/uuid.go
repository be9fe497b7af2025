package dataset

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
)

// uuid is the 16 bytes of a UUID.
type uuid [16]byte

// root is the namespace under which every account has one of its own. Changing
// it would import everything a second time.
var root = uuid{0x7c, 0x1f, 0x0e, 0x53, 0x2b, 0x6a, 0x4d, 0x1b, 0x9a, 0x37, 0xc0, 0x5e, 0x4f, 0x68, 0x21, 0xd4}

// accountNamespace is the namespace of an account's external keys.
func accountNamespace(accountID int64) uuid {
	return newUUID(root, fmt.Sprintf("account/%d", accountID))
}

// newUUID is the UUID version 5 (RFC 9562) of a name: the same for the same
// name, so importing a row twice finds its record.
func newUUID(namespace uuid, name string) (id uuid) {
	hash := sha1.New()
	hash.Write(namespace[:])
	hash.Write([]byte(name))
	copy(id[:], hash.Sum(nil))
	return id.marked(5)
}

// marked sets the bits that tell a UUID's version and variant.
func (u uuid) marked(version byte) uuid {
	u[6] = u[6]&0x0f | version<<4
	u[8] = u[8]&0x3f | 0x80
	return u
}

// String returns the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.
func (u uuid) String() string {
	var text [36]byte
	hex.Encode(text[0:8], u[0:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:36], u[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// isUUID reports whether text has the form of [uuid.String], in any case.
func isUUID(text string) bool {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	_, err := hex.DecodeString(text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:])
	return err == nil
}
