package workflows

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/offhours/offhours"
)

func rawPayload(encoding, data string) converter.RawValue {
	return converter.NewRawValue(&commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding)}, Data: []byte(data),
	})
}

func TestARevokeSignalIsHeardWhateverItCarries(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", offhours.MaxReasonLength)
	for name, c := range map[string]struct {
		payload any
		step    string
	}{
		"by and reason":           {Revoke{By: "support-7", Reason: "asked by phone"}, "Revoke by support-7: asked by phone"},
		"a reason alone":          {map[string]string{"reason": "asked"}, "Revoke by support: asked"},
		"unknown fields":          {map[string]any{"who": "x", "by": 7}, "Revoke by support: "},
		"a bare string":           {"support-7", "Revoke by support-7: "},
		"nothing":                 {nil, "Revoke by support: "},
		"a number":                {42, "Revoke by support: "},
		"a list":                  {[]string{"support-7"}, "Revoke by support: "},
		"bytes":                   {[]byte{0xff, 0xfe}, "Revoke by support: "},
		"broken JSON":             {rawPayload("json/plain", `{"by": `), "Revoke by support: "},
		"an empty payload":        {rawPayload("json/plain", ""), "Revoke by support: "},
		"a foreign payload":       {rawPayload("binary/encrypted", "secret"), "Revoke by support: "},
		"no metadata":             {converter.NewRawValue(&commonpb.Payload{}), "Revoke by support: "},
		"what no database stores": {Revoke{By: "x\x00y\n", Reason: "a\x00b"}, "Revoke by xy: ab"},
		"too many words":          {Revoke{By: long + "x", Reason: long + "y"}, "Revoke by " + long + ": " + long},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t)
			l.at(created.Add(time.Hour), func() { l.env.SignalWorkflow(RevokeName, c.payload) })
			result, err := l.run()
			require.NoError(t, err)
			require.Equal(t, offhours.StatusRevoked, result.Status)
			require.Equal(t, []string{"Schedule", c.step}, l.steps)
			require.Equal(t, []offhours.NoticeKind{offhours.NoticeCreated, offhours.NoticeRevoked}, l.mails)
		})
	}
}

func TestASignalThatArrivesWithTheTimerIsHeardBeforeTheStart(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	// The signal waits in the mailbox until the task that the timer starts.
	l.at(opens.Add(-time.Millisecond), func() {
		l.env.SignalWorkflowSkippingWorkflowTask(RevokeName, Revoke{By: "support"})
	})
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusRevoked, result.Status)
	require.Equal(t, []string{"Schedule", "Revoke by support: "}, l.steps, "the queue is left with no signal unread")
}

func TestSeveralSignalsThatArriveWithTheTimerAreAllHeardBeforeTheStart(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	answers := []offhours.Status{offhours.StatusInQueue, offhours.StatusInQueue}
	l.revoke = func() (offhours.Status, error) {
		if len(answers) > 0 {
			answer := answers[0]
			answers = answers[1:]
			return answer, nil
		}
		return l.revoked(), nil
	}
	l.at(opens.Add(-time.Millisecond), func() {
		for _, by := range []string{"a", "b", "c"} {
			l.env.SignalWorkflowSkippingWorkflowTask(RevokeName, by)
		}
	})
	_, err := l.run()
	require.NoError(t, err)
	require.Equal(t, []string{"Schedule", "Revoke by a: ", "Revoke by b: ", "Revoke by c: "}, l.steps)
}

func TestASignalThatLosesInTheDatabaseLetsTheStartGoOn(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.revoke = func() (offhours.Status, error) { l.begun(); return l.status, nil }
	l.at(opens.Add(-time.Second), func() { l.env.SignalWorkflow(RevokeName, nil) })
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	requireNoStep(t, l, "Begin")
}

func TestASignalToARunningRequestHasNoEffect(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.takes["Export"] = time.Minute
	l.at(opens.Add(time.Second), func() { l.env.SignalWorkflow(RevokeName, Revoke{By: "support"}) })
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusSuccess, result.Status)
	require.Nil(t, l.view().RevokedBy)
	require.Contains(t, l.steps, "Revoke by support: ", "the database answers that it is too late")
	require.Equal(t, []string{"in_queue", "in_progress", "success"}, l.statuses)
}

func TestASignalIsTriedAgainUntilTheDatabaseAnswers(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	tries := 0
	l.revoke = func() (offhours.Status, error) {
		if tries++; tries < 5 {
			return "", errors.New("connection refused")
		}
		return l.revoked(), nil
	}
	l.at(opens.Add(-time.Second), func() { l.env.SignalWorkflow(RevokeName, nil) })
	result, err := l.run()
	require.NoError(t, err)
	require.Equal(t, offhours.StatusRevoked, result.Status)
	requireNoStep(t, l, "Begin")
}

func TestAnUpdateWithoutAPayloadIsARevokeBySupport(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	u := &update{}
	l.at(created.Add(time.Hour), func() { l.env.UpdateWorkflow(RevokeName, "1", u) })
	result, err := l.run()
	require.NoError(t, err)
	require.NoError(t, u.err)
	require.Equal(t, offhours.StatusRevoked, result.Status)
	require.Equal(t, []string{"Schedule", "Revoke by support: "}, l.steps)
}

func TestAnUnsentPayloadIsARevokeBySupport(t *testing.T) {
	t.Parallel()
	require.Equal(t, Revoke{}, revokeFrom(converter.RawValue{}))
}
