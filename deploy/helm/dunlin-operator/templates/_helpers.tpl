{{- define "dunlin-operator.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 36 | trimSuffix "-" -}}
{{- end -}}

{{- define "dunlin-operator.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "dunlin-operator.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{- define "dunlin-operator.namespaces" -}}
{{- if .Values.namespaced -}}
- key: kubernetes.io/metadata.name
  operator: In
  values: [{{ .Release.Namespace }}]
{{- else -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{ concat (list "kube-system" .Release.Namespace) .Values.webhook.excludedNamespaces | toJson }}
{{- end -}}
{{- end -}}

{{- define "dunlin-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "dunlin-operator.name" . }}-controller-manager
  namespace: {{ .Release.Namespace }}
{{- end -}}
