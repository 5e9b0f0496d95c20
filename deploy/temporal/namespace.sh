#!/bin/sh
# Make Muster's namespace unless it is there, and return when the server takes workflows in it.
set -eu

# Up to a minute: an open port says little of a server whose services have not found each other yet.
await() {
    for _ in $(seq 60); do
        if "$@" >/dev/null 2>&1; then
            return
        fi
        sleep 1
    done
    "$@"
}

await temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
await temporal workflow count --namespace "$TEMPORAL_NAMESPACE"
