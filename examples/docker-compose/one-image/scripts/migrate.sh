#!/bin/sh
set -e

echo "Running migrations..."
dunlin migrate

echo "Migrations completed successfully"
