#!/bin/sh
# Run once by the Postgres image, when its data folder is new: a role for Muster and one for Temporal, each
# with databases that the other cannot open.
set -eu

sql() {
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres "$@"
}

# psql reads the password itself: as an argument it would be in the list of processes.
create_role() {
    PASSWORD_FILE=$2 sql --set=role="$1" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
}

create_database() {
    sql --set=database="$1" --set=owner="$2" <<'SQL'
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
}

create_role muster "$MUSTER_PASSWORD_FILE"
create_database muster muster
create_role temporal "$TEMPORAL_PASSWORD_FILE"
create_database temporal temporal
create_database temporal_visibility temporal
