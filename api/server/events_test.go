package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestEventsTellWhatHappenedToARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	created := w.request(w.create(body(201), uuid.NewString()))
	require.Equal(t, http.StatusOK, w.revoke(created.ID, `{"reason": "Wrong range."}`).StatusCode)

	a := w.get("/api/v1/requests/" + created.ID + "/events")

	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	var list struct{ Items []offhours.RequestEvent }
	require.NoError(t, json.Unmarshal([]byte(a.text), &list))
	require.Len(t, list.Items, 2)
	require.Equal(t, offhours.RequestEvent{At: created.CreatedOn, Event: offhours.EventCreated, By: &w.Admin.Email}, list.Items[0])
	require.Equal(t, offhours.EventRevokeAsked, list.Items[1].Event)
	require.Equal(t, "Wrong range.", *list.Items[1].Reason)
	for _, kept := range []string{"selection", "activityType", "workflow", w.Admin.ID} {
		require.NotContains(t, a.text, kept, "the rest of the trail is not for users")
	}
	require.NotContains(t, w.log.String(), "Wrong range.")
}

func TestARequestWithoutEventsHasAnEmptyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.JSONEq(t, `{"items": []}`, w.get("/api/v1/requests/"+w.Queue(201, 1)+"/events").text)
}

func TestEventsOfAnotherAccountAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, old)
	id := w.request(w.create(body(201), uuid.NewString())).ID
	other := w.NewAccount("Other", "admin@other.example")

	a := w.do(call{method: "GET", path: "/api/v1/requests/" + id + "/events", header: bearer(w.issuer.Token(t, other.Admin.Email))})

	w.refused(a, http.StatusNotFound, offhours.CodeNotFound)
}
