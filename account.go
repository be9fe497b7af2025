package offhours

// Account is one customer of the CRM. Everything it owns is kept apart from
// every other account.
type Account struct {
	ID             int64
	Name           string
	FeatureEnabled bool // bulk export & delete is switched on
	Schedule       Schedule
}

// Role is what a user may do in an account.
type Role string

// Roles of the CRM. Only administrators may use bulk export & delete.
const (
	RoleAdministrator Role = "administrator"
	RoleSalesManager  Role = "sales_manager"
	RoleSalesUser     Role = "sales_user"
	RoleMarketingUser Role = "marketing_user"
)

// User is a person of one account. Users are deactivated, never deleted.
type User struct {
	ID        string // UUID
	AccountID int64
	Email     string
	Name      string
	Role      Role
	Active    bool
}

// IsAdmin reports whether the user is an active administrator.
func (u User) IsAdmin() bool { return u.Active && u.Role == RoleAdministrator }
