//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/offhours/offhours"
)

// admin is an administrator who calls the REST API.
type admin struct {
	base, token string
}

// signIn returns an administrator with a token of the stack's issuer.
func (s *stack) signIn(t *testing.T, email string) admin {
	t.Helper()
	a := admin{base: "http://" + s.env["OFFHOURS_HTTP_ADDRESS"]}
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	status, body := a.send(t, http.MethodPost, s.env["OFFHOURS_LOGIN_URL"], map[string]string{"email": email})
	if status != http.StatusOK || json.Unmarshal(body, &answer) != nil {
		t.Fatalf("sign in: %d %s", status, body)
	}
	a.token = answer.AccessToken
	return a
}

// send makes a call and returns the answer. Every call has a key of its own.
func (a admin) send(t *testing.T, method, url string, body any) (status int, answer []byte) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Idempotency-Key", uuid.NewString())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// get reads what a path below /api/v1 answers with 200.
func (a admin) get(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal(a.download(t, path), into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

// download returns the bytes that a path below /api/v1 answers with 200.
func (a admin) download(t *testing.T, path string) []byte {
	t.Helper()
	status, body := a.send(t, http.MethodGet, a.base+"/api/v1/"+path, nil)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, body)
	}
	return body
}

// typeCode is the code of an activity type.
func (a admin) typeCode(t *testing.T, name string) int {
	t.Helper()
	var types struct {
		Items []struct {
			Code int
			Name string
		}
	}
	a.get(t, "activity-types", &types)
	for _, item := range types.Items {
		if item.Name == name {
			return item.Code
		}
	}
	t.Fatalf("there is no activity type %s", name)
	return 0
}

// create creates a request for what is older than 30 days and wants 201.
func (a admin) create(t *testing.T, activityType int, requestType offhours.RequestType) offhours.Request {
	t.Helper()
	status, body := a.send(t, http.MethodPost, a.base+"/api/v1/requests", map[string]any{
		"activityType": activityType, "requestType": requestType, "range": map[string]int{"days": 30}, "confirmed": true,
	})
	var request offhours.Request
	if status != http.StatusCreated || json.Unmarshal(body, &request) != nil {
		t.Fatalf("create a request: %d %s", status, body)
	}
	return request
}

// request returns a request as it is now.
func (a admin) request(t *testing.T, id string) (request offhours.Request) {
	t.Helper()
	a.get(t, "requests/"+id, &request)
	return request
}

// ended waits until the request has ended as it should.
func (a admin) ended(t *testing.T, id string, want offhours.Status) (request offhours.Request) {
	t.Helper()
	eventually(t, fmt.Sprintf("request %s has ended", id), func() bool {
		request = a.request(t, id)
		return request.Status.Ended()
	})
	if request.Status != want {
		t.Fatalf("the request ended as %s (%v), want %s", request.Status, request.Failure, want)
	}
	return request
}

// refused makes a call to a path below /api/v1 that is refused, and returns the
// status and the code of the problem.
func (a admin) refused(t *testing.T, method, path string) (status int, code offhours.Code) {
	t.Helper()
	status, body := a.send(t, method, a.base+"/api/v1/"+path, nil)
	var problem struct{ Code offhours.Code }
	if err := json.Unmarshal(body, &problem); err != nil {
		t.Fatalf("%s %s: %d %s", method, path, status, body)
	}
	return status, problem.Code
}

// readiness returns what /readyz says of each part.
func (s *stack) readiness(t *testing.T) (status int, parts map[string]string) {
	t.Helper()
	status, body := admin{}.send(t, http.MethodGet, "http://"+s.env["OFFHOURS_HTTP_ADDRESS"]+"/readyz", nil)
	var answer struct{ Parts map[string]string }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("GET /readyz: %d %s", status, body)
	}
	return status, answer.Parts
}

// answers reports whether a path of the API answers with 200.
func (s *stack) answers(t *testing.T, path string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.env["OFFHOURS_HTTP_ADDRESS"]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
