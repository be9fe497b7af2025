package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/offhours/offhours"
)

// readBody reads a body before its handler does: at most 64 KiB, of JSON,
// exactly one value, and with each field once and by its exact name. Decoders
// alone ignore what follows the first value, and the rest as [checkFields] says.
func (p problems) readBody(c *gin.Context) {
	if !isAPI(c) || c.Request.Method != http.MethodPost && c.Request.Method != http.MethodPut {
		return
	}
	body, err := bodyOf(c)
	if err != nil {
		p.write(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
}

func bodyOf(c *gin.Context) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, offhours.MaxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case err != nil:
		return nil, invalid("The body could not be read.")
	case len(bytes.TrimSpace(body)) == 0:
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || media != "application/json" {
		return nil, invalid("Content-Type: must be application/json.")
	}
	if !json.Valid(body) {
		return nil, invalid("The body is not valid JSON: it must be exactly one object.")
	}
	if err := checkFields(body); err != nil {
		return nil, err
	}
	if c.FullPath() == pathAccount {
		return body, checkHours(body)
	}
	return body, checkDates(body)
}
