package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// maxContent is the size of the largest file that is invented, in bytes.
const maxContent = 2048

// fileContent invents what is in the file at a place, from 0, among those of a
// record: always the same bytes for the same record, place and name. They are
// small, any bytes at all, and one in a hundred has none.
func fileContent(recordID string, place int, name string) []byte {
	seed := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s", recordID, place, name))
	size := binary.BigEndian.Uint16(seed[:]) % maxContent
	if binary.BigEndian.Uint16(seed[2:])%100 == 0 {
		size = 0
	}
	content := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(content) // never fails
	return content
}
