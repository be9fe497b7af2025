#!/bin/sh
# Brings Temporal's two databases to the schema of this version. It reads SQL_HOST,
# SQL_PORT, SQL_USER, SQL_PASSWORD and SQL_PLUGIN, and may be run again.
set -eu

schemas=${SCHEMAS:-/etc/temporal/schema}/postgresql/v12

setup() { # database, folder of its schema
  temporal-sql-tool --database "$1" create
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-dir "$schemas/$2/versioned"
}

setup temporal temporal
setup temporal_visibility visibility
