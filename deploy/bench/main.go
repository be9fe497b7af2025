// Command bench measures the product as it is deployed, on servers of its own.
package main

import (
	"fmt"
	"os"

	"github.com/offhours/offhours/deploy/rig"
)

const usage = `Usage: bench COMMAND [flags]

  bench speed       Export & Delete and Delete Only, beside psql and a plain loop
  bench scale       many accounts whose windows open at the same time, and a heavy one
  bench neighbour   what users of the CRM notice of a request that runs

"bench COMMAND --help" explains each.
`

// commands exit with their result.
var commands = map[string]func(args []string){
	"speed":     func(args []string) { rig.Main("bench speed", args, parseSpeed, runSpeed) },
	"scale":     func(args []string) { rig.Main("bench scale", args, parseScale, runScale) },
	"neighbour": func(args []string) { rig.Main("bench neighbour", args, parseNeighbour, runNeighbour) },
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	commands[os.Args[1]](os.Args[2:])
}
