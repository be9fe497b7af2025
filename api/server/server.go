// Package server is the REST API of api/openapi/openapi.yaml: it translates between
// HTTP and the domain. What is allowed is decided by the domain and the store.
package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
	"github.com/offhours/offhours/internal/health"
)

// Store is where accounts and requests are kept. Its refusals are
// *offhours.Error.
type Store interface {
	Ping(ctx context.Context) error
	UserByEmail(ctx context.Context, email string) (offhours.User, offhours.Account, error)
	RecordTypes(ctx context.Context, accountID int64) ([]offhours.RecordType, error)
	Preview(ctx context.Context, account offhours.Account, draft offhours.Draft, grace time.Duration) (offhours.Preview, error)
	Admit(ctx context.Context, user offhours.User, draft offhours.Draft, idempotencyKey string, grace time.Duration) (offhours.Request, bool, error)
	MarkWorkflowStarted(ctx context.Context, requestID string) error
	SetSchedule(ctx context.Context, user offhours.User, schedule offhours.Schedule, grace time.Duration) (offhours.Account, []offhours.Untold, error)
	MarkTold(ctx context.Context, told offhours.Untold) error
	Requests(ctx context.Context, accountID int64, query offhours.RequestQuery) ([]offhours.Request, int, error)
	Creators(ctx context.Context, accountID int64) ([]string, error)
	Request(ctx context.Context, accountID int64, requestID string) (offhours.Request, error)
	Events(ctx context.Context, accountID int64, requestID string) ([]offhours.RequestEvent, error)
	NoteRevocation(ctx context.Context, user offhours.User, requestID, reason string) error
	Files(ctx context.Context, accountID int64, requestID string) ([]offhours.StoredFile, offhours.Request, error)
	File(ctx context.Context, accountID int64, requestID, name string) (offhours.StoredFile, error)
	Report(ctx context.Context, accountID int64, requestID string) (offhours.StoredFile, offhours.Request, error)
}

// Workflows runs requests. Revoke returns nil if the request is revoked, now or
// already, and an *offhours.Error with CodeTooLateToRevoke, CodeUnavailable or
// CodeNotFound otherwise.
type Workflows interface {
	Start(ctx context.Context, ref offhours.RequestRef) error
	Revoke(ctx context.Context, ref offhours.RequestRef, by, reason string) error
	HoursChanged(ctx context.Context, ref offhours.RequestRef) error
	Ping(ctx context.Context) error
}

// Files holds exports and reports. A missing one is an *offhours.Error with
// CodeNotFound.
type Files interface {
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	Ping(ctx context.Context) error
}

// Authenticator tells the verified email of a caller from an Authorization
// header, or an *offhours.Error.
type Authenticator interface {
	Email(ctx context.Context, authorization string) (string, error)
}

// Metrics counts calls. Each that began also ends: with its route, which is empty
// if there is none, and the code of the problem that answered it, if any. Limited
// tells whose limit refused it: "user" or "account".
type Metrics interface {
	Began()
	Ended(method, route string, status int, code string, took time.Duration)
	Limited(by string)
}

// Config is what a server needs. All of it is required but Grace and Limits.
type Config struct {
	Store       Store
	Workflows   Workflows
	Files       Files
	Auth        Authenticator
	Metrics     Metrics
	MetricsPage http.Handler // GET /metrics
	Page        http.Handler // GET of each of pagePaths
	Log         *slog.Logger
	Grace       time.Duration // time to revoke that every request is given
	Limits      Limits
}

// api implements the generated interface of the contract.
type api struct {
	Config
	health *health.Checker
}

var _ openapi.StrictServerInterface = api{}

// A misspelt field of a destructive request must not be ignored. The setting is
// gin's and of the whole process.
func init() { binding.EnableDecoderDisallowUnknownFields = true }

// New returns the handler of the whole API.
func New(config Config) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.ContextWithFallback = true // or handlers are never cancelled
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	_ = engine.SetTrustedProxies(nil) // fails for addresses only

	p := problems{log: config.Log}
	// limitTime ends its context when it is left, so a panic is caught inside it.
	engine.Use(measure(config.Metrics), identify, accessLog(config.Log), secure, limitTime, p.recoverPanics)
	engine.Use(p.authenticate(config), p.readQuery, p.readBody, p.takeTurns())
	engine.NoRoute(func(c *gin.Context) { p.noRoute(c, config.Page) })
	engine.NoMethod(p.refuseMethod)
	for _, path := range pagePaths {
		engine.GET(path, gin.WrapH(config.Page))
	}

	checker := health.New(health.Parts{"database": config.Store.Ping, "temporal": config.Workflows.Ping, "bucket": config.Files.Ping}, config.Log)
	handlers := openapi.NewStrictHandlerWithOptions(api{config, checker}, nil, openapi.StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { p.write(c, bodyRefusal(err)) },
		HandlerErrorFunc:         p.write,
		ResponseErrorHandlerFunc: p.write,
	})
	openapi.RegisterHandlersWithOptions(engine, handlers, openapi.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { p.write(c, parameterRefusal(err)) },
	})
	return answerHead(engine)
}

// noRoute gives a browser that was led astray the page, which says so and shows a
// way back; the status stays 404. Everybody else gets the problem.
func (p problems) noRoute(c *gin.Context, page http.Handler) {
	wantsPage := c.Request.Method == http.MethodGet && strings.Contains(c.GetHeader("Accept"), "text/html")
	if wantsPage && !strings.HasPrefix(c.Request.URL.Path, apiPrefix) {
		page.ServeHTTP(c.Writer, c.Request)
		return
	}
	p.write(c, errNoRoute)
}

// pagePaths are of the admin page: its views, and the files that they load.
var pagePaths = []string{"/", "/settings", "/requests/:id", "/sign-in/callback", "/assets/*file", "/favicon.svg"}
