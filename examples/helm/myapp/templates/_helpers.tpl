{{- define "myapp.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The migrations' version as a part of a name: of a long one its beginning, and a digest that tells it from others. */}}
{{- define "myapp.version" -}}
{{- $tag := coalesce .Values.migrations.image.tag .Values.image.tag .Chart.AppVersion | toString -}}
{{- $name := $tag | lower | replace "_" "-" | replace "+" "-" | trimSuffix "-" | trimSuffix "." -}}
{{- if gt (len $name) 20 -}}
{{- printf "%s-%s" ($name | trunc 11 | trimSuffix "-" | trimSuffix ".") (sha256sum $tag | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{- define "myapp.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "myapp.labels" -}}
{{ include "myapp.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "myapp.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "myapp.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "myapp.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* A container of the migrations' image: (dict "root" $ "name" "..." "args" (list ...) "variable" "..." "key" "...") */ -}}
{{- define "myapp.migrations" -}}
{{- $values := .root.Values -}}
- name: {{ .name }}
  image: "{{ $values.migrations.image.repository }}:{{ coalesce $values.migrations.image.tag $values.image.tag .root.Chart.AppVersion }}"
  args: {{ .args | toJson }}
  env:
    - name: {{ .variable }}
      valueFrom:
        secretKeyRef:
          name: {{ $values.database.secretName }}
          key: {{ .key }}
    {{- with $values.migrations.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  resources:
    {{- toYaml $values.migrations.resources | nindent 4 }}
  securityContext:
    {{- include "myapp.security" .root | nindent 4 }}
{{- end -}}

{{- define "myapp.migrate" -}}
{{- include "myapp.migrations" (dict "root" . "name" "migrations" "args" (list "migrate" "--wait" "60s")
                                     "variable" "MIGRATION_DATABASE_URL" "key" "migration-url") -}}
{{- end -}}
