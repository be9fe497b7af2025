package compose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/deploy/compose/composetest"
)

// setting is a variable that a program reads.
type setting struct {
	otherwise string
	required  bool
}

// settingsOf finds the variables that the code in a folder reads: by struct tags,
// or by name.
func settingsOf(t *testing.T, folder string) map[string]setting {
	t.Helper()
	found := map[string]setting{}
	files, err := filepath.Glob(filepath.Join(composetest.Root(), filepath.FromSlash(folder), "*.go"))
	require.NoError(t, err)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Field:
				addTag(found, node)
			case *ast.CallExpr:
				addCall(found, node)
			}
			return true
		})
	}
	return found
}

func addTag(found map[string]setting, field *ast.Field) {
	if field.Tag == nil {
		return
	}
	text, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return
	}
	tag := reflect.StructTag(text)
	name, options, _ := strings.Cut(tag.Get("env"), ",")
	if name != "" {
		found[name] = setting{otherwise: tag.Get("envDefault"), required: strings.Contains(options, "required")}
	}
}

// addCall adds the X of os.Getenv("X").
func addCall(found map[string]setting, call *ast.CallExpr) {
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || function.Sel.Name != "Getenv" || len(call.Args) != 1 {
		return
	}
	if name, ok := call.Args[0].(*ast.BasicLit); ok {
		if name, err := strconv.Unquote(name.Value); err == nil {
			found[name] = setting{required: true}
		}
	}
}

func TestSettingsAreFoundInTheSource(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]setting{"DATABASE_URL": {required: true}}, settingsOf(t, "deploy/migrate"))
	require.Equal(t, setting{otherwise: "15m"}, settingsOf(t, "api")["OFFHOURS_GRACE"])
	require.True(t, settingsOf(t, "worker")["OFFHOURS_MAIL_FROM"].required)
}
