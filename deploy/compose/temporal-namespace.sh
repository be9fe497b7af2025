#!/bin/sh
# Makes the namespace TEMPORAL_NAMESPACE and the search attributes that operators
# filter requests by. It may be run again, and fails while Temporal is not there.
set -eu

temporal operator cluster health

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --retention 30d --namespace "$TEMPORAL_NAMESPACE"
fi

# A new namespace is known everywhere a little later.
tries=0
until there=$(temporal operator search-attribute list 2>/dev/null); do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ]
  sleep 1
done

for name in OffhoursAccount OffhoursActivityType OffhoursRequestType OffhoursStatus; do
  case $there in
    *"$name"*) ;;
    *) temporal operator search-attribute create --name "$name" --type Keyword ;;
  esac
done
