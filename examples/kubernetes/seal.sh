#!/bin/sh
# seal.sh: makes sealed-secrets.yaml of MIGRATION_URL and APP_URL, with the key of the cluster's controller.
set -eu
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# From files: a command line can be seen by others.
printf %s "${MIGRATION_URL:?}" >"$scratch/migration-url"
printf %s "${APP_URL:?}" >"$scratch/app-url"
kubectl create secret generic db-credentials --namespace "${NAMESPACE:-production}" --from-file="$scratch/migration-url" \
  --from-file="$scratch/app-url" --dry-run=client -o yaml | kubeseal -o yaml >sealed-secrets.yaml
echo "kubectl apply -f sealed-secrets.yaml"
