#!/bin/sh
set -e

# Looks, and changes nothing: the application's user may not.
dunlin wait --for migrated --timeout 60s

echo "Starting application..."
exec ./my-application
