{{/* Names and labels. The network policies of a Region let pods with these two labels in. */}}

{{- define "granary.name" -}}
{{- if contains "granary" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-granary" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "granary.selector" -}}
app.kubernetes.io/name: granary
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "granary.cosiSelector" -}}
app.kubernetes.io/name: granary
app.kubernetes.io/component: cosi
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "granary.cosiLabels" -}}
{{ include "granary.cosiSelector" . }}
{{ include "granary.release" . }}
{{- end -}}

{{- define "granary.labels" -}}
{{ include "granary.selector" . }}
{{ include "granary.release" . }}
{{- end -}}

{{- define "granary.release" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "granary.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "granary.name" .) -}}
{{- end -}}

{{- define "granary.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "granary.storageNodeImage" -}}
{{- printf "%s:%s" .Values.storageNodeImage.repository (.Values.storageNodeImage.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "granary.defaultRegion" -}}
{{- .Values.defaultRegion | default (printf "%s/%s" .Release.Namespace .Values.region.name) -}}
{{- end -}}
