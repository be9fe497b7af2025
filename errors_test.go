package offhours_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/offhours/offhours"
)

func TestTheCodeOfAnErrorSurvivesWrapping(t *testing.T) {
	t.Parallel()
	refusal := offhours.Errorf(offhours.CodeRequestTooLarge, "%d records match", 200_001)
	if got := refusal.Error(); got != "request_too_large: 200001 records match" {
		t.Errorf("text %q", got)
	}
	for name, tc := range map[string]struct {
		err  error
		want offhours.Code
	}{
		"a refusal":         {refusal, offhours.CodeRequestTooLarge},
		"a wrapped refusal": {fmt.Errorf("create: %w", refusal), offhours.CodeRequestTooLarge},
		"a joined refusal":  {errors.Join(errors.New("rollback"), refusal), offhours.CodeRequestTooLarge},
		"any other error":   {errors.New("connection refused"), offhours.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := offhours.CodeOf(tc.err); got != tc.want {
				t.Errorf("code %s, want %s", got, tc.want)
			}
		})
	}
}
