//go:build unix
package e2e
import ("testing";enumspb "go.temporal.io/api/enums/v1")
func (c temporal) dump(t *testing.T, workflow string) {
	events := c.GetWorkflowHistory(t.Context(), workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var last = ""
	for events.HasNext() {
		e, err := events.Next()
		if err != nil { t.Fatal(err) }
		at := e.GetEventTime().AsTime().Format("05.000")
		extra := ""
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil { extra = a.GetActivityType().GetName() }
		if a := e.GetActivityTaskStartedEventAttributes(); a != nil { extra = a.String() }
		t.Log(e.GetEventId(), at, e.GetEventType(), extra)
		_ = last
	}
}
