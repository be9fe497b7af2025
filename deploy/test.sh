#!/usr/bin/env bash
# Runs every test: `make test`. Arguments, such as -run Name, go to `go test`, and
# leave out the page's tests, which have other names: npx vitest and npx playwright
# in api/web run some of those.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
scratch=$(mktemp -d)
chmod 755 "$scratch" # PostgreSQL runs as another user than root
services=

stop() {
  if [[ -n $services ]]; then
    kill -TERM "$services" 2>/dev/null || true
    wait "$services" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap stop EXIT

# One PostgreSQL for all tests that want a database of their own.
bin/devstack --dir "$scratch/stack" --only postgres --postgres-port 0 --fast-unsafe-postgres --env-file "$scratch/env" >"$scratch/out" 2>&1 &
services=$!
for _ in $(seq 300); do
  [[ -f $scratch/env ]] && break
  kill -0 "$services" 2>/dev/null || { cat "$scratch/out" >&2; exit 1; }
  sleep 0.2
done
OFFHOURS_TEST_DATABASE_URL=$(sed -n 's/^DATABASE_URL=//p' "$scratch/env")
export OFFHOURS_TEST_DATABASE_URL OFFHOURS_TEST_BIN="$PWD/bin"

# run FOLDER NAME ARGUMENTS... runs the tests of a module.
run() {
  (cd "$1" && "$root/bin/gotestsum" --format pkgname --hide-summary skipped --jsonfile "$scratch/$2.json" -- "${@:3}" ./...)
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
run . product -race -timeout 20m "$@" || status=1
# The dev stack is a module of its own. The race detector would compile the
# Temporal server a second time, for code that never runs in production.
run deploy/devstack devstack -timeout 10m "$@" || status=1
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
if pgrep -f "$PWD/bin/" | grep -vx "$services" | grep -q .; then
  echo "processes were left running:" >&2
  pgrep -af "$PWD/bin/" >&2
  status=1
fi
echo "$(count pass) passed, $(count fail) failed, $(count skip) skipped"
exit $status
