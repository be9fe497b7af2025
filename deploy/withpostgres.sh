#!/usr/bin/env bash
# Runs a command beside a PostgreSQL for tests, which ends with it:
# deploy/withpostgres.sh COMMAND ARGUMENTS...
set -euo pipefail

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

bin/devstack --dir "$scratch/stack" --only postgres --postgres-port 0 --fast-unsafe-postgres --env-file "$scratch/env" >"$scratch/out" 2>&1 &
services=$!
for _ in $(seq 300); do
  [[ -f $scratch/env ]] && break
  kill -0 "$services" 2>/dev/null || { cat "$scratch/out" >&2; exit 1; }
  sleep 0.2
done
OFFHOURS_TEST_DATABASE_URL=$(sed -n 's/^DATABASE_URL=//p' "$scratch/env")
export OFFHOURS_TEST_DATABASE_URL
"$@"
