#!/bin/sh
# A pod that runs one command of the admin container, and goes when it has ended: ./kubectl-run.sh migrate-info
# The exit code is the command's. IMAGE and NAMESPACE say which and where, KUBECTL_OPTIONS what else to tell kubectl run.
set -eu
# As JSON has it.
quoted() {
  printf '%s\n' "$1" | sed -e 's/[\\"]/\\&/g' -e "s/$(printf '\t')/\\\\t/g" -e '$!s/$/\\n/' | tr -d '\n'
}
words=
for word in "${@:-help}"; do
  words="$words${words:+, }\"$(quoted "$word")\""
done
# The URL comes from a Secret: what stands in a command line ends up in logs and in the pod's description.
# shellcheck disable=SC2086
exec kubectl run "dunlin-$$" --namespace "${NAMESPACE:-default}" --image "${IMAGE:-everruns-admin}" --restart Never \
  ${KUBECTL_OPTIONS:---rm --attach --quiet} --overrides '{
  "apiVersion": "v1",
  "spec": {
    "automountServiceAccountToken": false,
    "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [{
      "name": "dunlin",
      "image": "'"${IMAGE:-everruns-admin}"'",
      "args": ['"$words"'],
      "env": [{"name": "MIGRATION_DATABASE_URL",
               "valueFrom": {"secretKeyRef": {"name": "db-credentials", "key": "migration-url"}}}],
      "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                          "capabilities": {"drop": ["ALL"]}}
    }]
  }
}'
