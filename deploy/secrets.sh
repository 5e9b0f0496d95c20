#!/bin/sh
# Draw the secrets that nobody has to know. What is there already stays: the key ring must, since what was
# sealed with it opens with nothing else.
#   sh deploy/secrets.sh [FOLDER]
set -eu

folder=${1:-secrets}

keep() {
    [ -e "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
}

password() {
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# The folder keeps others out. The files themselves are readable, because Compose mounts them as they are
# and the users inside the containers do not own them.
umask 022
mkdir -p "$folder"
chmod 700 "$folder"

keep postgres_password "$(password)"
keep muster_database_password "$(password)"
keep temporal_database_password "$(password)"
# The database is on a network of its own that ends on this host, so the connection is not encrypted.
muster_password=$(cat "$folder/muster_database_password")
keep database_url "postgresql://muster:$muster_password@postgres:5432/muster?sslmode=disable"
keep muster_keys "k1:$(head -c 32 /dev/urandom | base64)"
