#!/usr/bin/env bash
# Runs every test: `make test`, which gives them a PostgreSQL by withpostgres.sh.
# Arguments, such as -run Name, go to `go test`, and leave out the page's tests, which
# have other names: npx vitest and npx playwright in api/web run some of those.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OFFHOURS_TEST_BIN=$PWD/bin
programs() { pgrep -f "$PWD/bin/" || true; }
before=$(programs)

# run FOLDER NAME ARGUMENTS... runs tests of a module.
run() {
  (cd "$1" && "$root/bin/gotestsum" --format pkgname --hide-summary skipped --jsonfile "$scratch/$2.json" -- "${@:3}")
}
# page RUNNER ARGUMENTS... runs tests of the page.
page() {
  mkdir -p "$scratch/page"
  (cd api/web && npx --no-install "$@")
}
# count pass|fail|skip counts in all reports. Each runner has words of its own.
count() {
  local go
  go=$(cat "$scratch"/*.json | grep -cE "^\{.*\"Action\":\"$1\".*\"Test\":" || true)
  [[ -d $scratch/page ]] || { echo "$go"; return; }
  node -p '
    const words = {
      pass: ["numPassedTests", "expected"],
      fail: ["numFailedTests", "unexpected"],
      skip: ["numPendingTests", "skipped"],
    }
    const [go, outcome, ...files] = process.argv.slice(1)
    const reports = files.map((file) => JSON.parse(fs.readFileSync(file))).map((report) => report.stats ?? report)
    reports.flatMap((report) => words[outcome].map((word) => report[word] ?? 0)).reduce((sum, n) => sum + n, Number(go))
  ' "$go" "$1" "$scratch"/page/*.json
}

status=0
mapfile -t packages < <(go list ./... | grep -v /deploy/chaos$)
run . product -race -timeout 20m "$@" "${packages[@]}" || status=1
# The dev stack is a module of its own. The race detector would compile the
# Temporal server a second time, for code that never runs in production.
run deploy/devstack devstack -timeout 10m "$@" ./... || status=1
# Chaos goes alone: it takes what the machine has, and others would wait for it.
run . chaos -timeout 15m "$@" ./deploy/chaos || status=1
if (($# == 0)); then
  page vitest run --reporter=dot --reporter=json --outputFile.json="$scratch/page/vitest.json" || status=1
  export PLAYWRIGHT_JSON_OUTPUT_FILE="$scratch/page/playwright.json"
  page playwright test --reporter=list,json || status=1
fi

# A test that is skipped for want of a service would pass without testing.
if grep -qE 'is not set: run .make test' "$scratch"/*.json; then
  echo "tests were skipped although their services run" >&2
  status=1
fi
if comm -13 <(sort <<<"$before") <(programs | sort) | grep -q .; then
  echo "processes were left running:" >&2
  pgrep -af "$PWD/bin/" >&2
  status=1
fi
echo "$(count pass) passed, $(count fail) failed, $(count skip) skipped"
exit $status
