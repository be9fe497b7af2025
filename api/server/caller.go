package server

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/offhours/offhours"
)

// caller is who makes a call, as they are now: nothing is remembered between
// calls.
type caller struct {
	user    offhours.User
	account offhours.Account
}

type callerKey struct{}

// callerOf returns the caller of an authenticated call.
func callerOf(ctx context.Context) (caller, bool) {
	found, ok := ctx.Value(callerKey{}).(caller)
	return found, ok
}

// mustCaller is for handlers behind authenticate.
func mustCaller(ctx context.Context) caller {
	found, _ := callerOf(ctx)
	return found
}

// pathMe is the only route for users who are not administrators, and for
// accounts without the feature.
const pathMe = "/api/v1/me"

// authenticate lets only those through who may make the call.
func (p problems) authenticate(config Config) gin.HandlerFunc {
	allowed := newLimits(config.Limits)
	return func(c *gin.Context) {
		if !isAPI(c) {
			return
		}
		found, err := identity(c, config, allowed)
		if err == nil {
			c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), callerKey{}, found))
			err = found.may(c.FullPath())
		}
		if err != nil {
			p.write(c, err)
		}
	}
}

// identity finds out who calls. Tokens are verified without a limit: that is as
// cheap as counting would be, and behind a proxy all strangers have one address.
func identity(c *gin.Context, config Config, allowed limits) (caller, error) {
	email, err := config.Auth.Email(c.Request.Context(), c.GetHeader("Authorization"))
	if err != nil {
		return caller{}, err
	}
	giveBack, err := allowed.users.reserve(strings.ToLower(email), weight(c))
	if err != nil {
		return caller{}, err
	}
	user, account, err := config.Store.UserByEmail(c.Request.Context(), email)
	if offhours.Is(err, offhours.CodeNotFound) || (err == nil && !user.Active) {
		return caller{}, accessDenied() // a token of the issuer's, but nobody of ours
	}
	if err != nil {
		return caller{}, err
	}
	if err = allowed.accounts.take(account.ID, weight(c)); err != nil {
		giveBack() // or the user could still not call when the account can
	}
	return caller{user: user, account: account}, err
}

func (c caller) may(route string) error {
	switch {
	case route == pathMe:
		return nil
	case !c.user.IsAdmin():
		return accessDenied()
	case !c.account.FeatureEnabled:
		return offhours.Errorf(offhours.CodeFeatureDisabled, offhours.TextFeatureDisabled)
	}
	return nil
}

func accessDenied() *offhours.Error {
	return offhours.Errorf(offhours.CodeAccessDenied, offhours.TextAccessDenied)
}
