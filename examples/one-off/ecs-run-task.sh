#!/bin/sh
# Runs one command of the admin container as an ECS task, waits for its end and has its exit code: ./ecs-run-task.sh migrate
# CLUSTER, SUBNETS and SECURITY_GROUPS (with commas between) say where. Before the first time:
#     aws ecs register-task-definition --cli-input-json file://ecs-task-definition.json
set -eu
# As JSON has it.
quoted() {
  printf '%s\n' "$1" | sed -e 's/[\\"]/\\&/g' -e "s/$(printf '\t')/\\\\t/g" -e '$!s/$/\\n/' | tr -d '\n'
}
words=
for word in "${@:-help}"; do
  words="$words${words:+,}\"$(quoted "$word")\""
done
task=$(aws ecs run-task --cluster "$CLUSTER" --task-definition everruns-admin --launch-type FARGATE --count 1 \
  --network-configuration "awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUPS]}" \
  --overrides "{\"containerOverrides\":[{\"name\":\"dunlin\",\"command\":[$words]}]}" \
  --query 'tasks[0].taskArn' --output text)
[ "$task" != None ] || { echo "ECS started no task" >&2; exit 1; }
# aws gives up after ten minutes, and a migration may take longer: six hours at most.
tries=36
until aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$task"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "$task has not ended" >&2; exit 1; }
done
code=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" --query 'tasks[0].containers[0].exitCode' --output text)
echo "$task ended with $code"
# None: the container never started.
[ "$code" != None ] || exit 1
exit "$code"
