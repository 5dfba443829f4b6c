#!/bin/sh
# deploy.sh VERSION: runs the migrations of a version as a Job, and rolls the application out when they have succeeded.
set -eu
cd "$(dirname "$0")"

VERSION=${1:?usage: deploy.sh VERSION}
NAMESPACE=${NAMESPACE:-production}
# A Job's name is a label of its pods, too: 63 characters, no capitals, a letter or digit at its end. Of a long version it has the
# beginning, and a checksum that tells it from others.
JOB="myapp-migrations-$(printf %s "$VERSION" | tr 'A-Z+_' 'a-z--')"
if [ ${#JOB} -gt 63 ]; then
  JOB="$(printf %s "$JOB" | cut -c1-52)-$(printf %s "$VERSION" | cksum | cut -d ' ' -f 1)"
fi
JOB=$(printf %s "$JOB" | sed 's/[-.]*$//; s/\.-/-/g; s/-\./-/g')

of_version() {
  sed -e "s/^  name: myapp-migrations-1\.0\.0$/  name: $JOB/" -e "s/:1\.0\.0$/:$VERSION/" \
      -e "s/^  namespace: production$/  namespace: $NAMESPACE/" "$1"
}

# Whether the Job has this condition.
job_is() {
  [ "$(kubectl --namespace "$NAMESPACE" get job "$JOB" --ignore-not-found \
       -o "jsonpath={.status.conditions[?(@.type==\"$1\")].status}")" = True ]
}

# What its pods wait for: a node that has room, an image, a Secret.
waits_for() {
  kubectl --namespace "$NAMESPACE" get pods --selector="job-name=$JOB" \
    -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="PodScheduled")].message}{"\n"}{end}'
  kubectl --namespace "$NAMESPACE" get pods --selector="job-name=$JOB" \
    -o 'jsonpath={range .items[*].status.containerStatuses[*].state.waiting}{.reason}: {.message}{"\n"}{end}'
}

echo "Migrating to $VERSION"
# One of this version that failed is in the way of the next try; one that succeeded has nothing left to do.
if job_is Failed; then kubectl --namespace "$NAMESPACE" delete job "$JOB"; fi
of_version migration-job.yaml | kubectl apply -f -

# `kubectl wait --for=condition=complete` alone would wait on when the Job has failed.
deadline=$(($(date +%s) + 360))
told=
until job_is Complete; do
  if job_is Failed || [ "$(date +%s)" -ge "$deadline" ]; then
    kubectl --namespace "$NAMESPACE" logs --tail=50 --pod-running-timeout=1s "job/$JOB" 2>/dev/null ||
      echo "There is no log: its pod has not started, or is gone"
    why=$(kubectl --namespace "$NAMESPACE" get job "$JOB" -o 'jsonpath={.status.conditions[?(@.type=="Failed")].message}')
    cat >&2 <<END
The migrations are not done, and $VERSION is not rolled out. ${why:-The Job has not ended in six minutes}. To see more, and to try again:
  kubectl --namespace $NAMESPACE describe job $JOB
  kubectl --namespace $NAMESPACE get events --sort-by=.lastTimestamp
  $0 $VERSION
END
    exit 1
  fi
  # Each reason once: some come and go.
  now=$(waits_for 2>/dev/null | sed -e '/^$/d' -e '/^ContainerCreating:/d')
  case $told in
    *"$now"*) ;;
    *) echo "Its pod waits: $now"; told="$told$now" ;;
  esac
  sleep "${POLL:-2}"
done
kubectl --namespace "$NAMESPACE" logs --tail=5 "job/$JOB" || true

echo "Rolling $VERSION out"
of_version zero-downtime.yaml | kubectl apply -f -
if ! kubectl --namespace "$NAMESPACE" rollout status deployment/myapp --timeout="${TIMEOUT:-10m}"; then
  kubectl --namespace "$NAMESPACE" get pods --selector=app=myapp || true
  cat >&2 <<END
The migrations of $VERSION are done, but its pods have not become ready; the old ones serve on. To see why, and to go back:
  kubectl --namespace $NAMESPACE describe pods --selector=app=myapp
  kubectl --namespace $NAMESPACE rollout undo deployment/myapp
END
  exit 1
fi
