#!/bin/sh
# Run by the postgres image when it makes the database: one user who changes the schema, one who works with it. What the second
# may do with the tables of the first is in DUNLIN_GRANTS.
set -eu

password() {
  if [ -n "$1" ]; then printf %s "$1"; else cat "$2"; fi
}

# In the environment, and not among the arguments, which other processes can read.
MIGRATION_PASSWORD=$(password "${MIGRATION_PASSWORD:-}" "${SECRETS:-/run/secrets}/migration_password")
APP_PASSWORD=$(password "${APP_PASSWORD:-}" "${SECRETS:-/run/secrets}/app_password")
export MIGRATION_PASSWORD APP_PASSWORD

psql --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv migration_password MIGRATION_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE migration_user LOGIN PASSWORD :'migration_password';
CREATE ROLE app_user LOGIN PASSWORD :'app_password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO migration_user;
SQL
