{{/* The name of the chart, as the user wants it. */}}
{{- define "fargatestack.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of every object that is there once; leaves room for suffixes within 63 characters. */}}
{{- define "fargatestack.fullname" -}}
{{- $name := include "fargatestack.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "fargatestack.serviceAccountName" -}}
{{- $default := ternary (include "fargatestack.fullname" .) "default" .Values.serviceAccount.create }}
{{- default $default .Values.serviceAccount.name }}
{{- end }}

{{/* What selects the Pods: never changes for a release. */}}
{{- define "fargatestack.selectorLabels" -}}
app.kubernetes.io/name: {{ include "fargatestack.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "fargatestack.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "fargatestack.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: {{ include "fargatestack.name" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "fargatestack.image" -}}
{{- with .Values.image.digest -}}
{{ $.Values.image.repository }}@{{ . }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{/* The IAM role of the controller's ServiceAccount, where there is one. */}}
{{- define "fargatestack.roleArn" -}}
{{- index .Values.serviceAccount.annotations "eks.amazonaws.com/role-arn" | default "" }}
{{- end }}

{{/* Who the controller is in AWS: what EKS's webhook would add, so that a cluster without it, or one whose webhook is down, is served too.
The webhook leaves alone what is there under these names. */}}
{{- define "fargatestack.awsEnv" -}}
{{- with .Values.aws.region }}
- name: AWS_REGION
  value: {{ . | quote }}
{{- end }}
{{- with include "fargatestack.roleArn" . }}
- name: AWS_ROLE_ARN
  value: {{ . | quote }}
- name: AWS_WEB_IDENTITY_TOKEN_FILE
  value: /var/run/secrets/eks.amazonaws.com/serviceaccount/token
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "fargatestack.volumeMounts" -}}
{{- if include "fargatestack.roleArn" . }}
- name: aws-iam-token
  mountPath: /var/run/secrets/eks.amazonaws.com/serviceaccount
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "fargatestack.volumes" -}}
{{- if include "fargatestack.roleArn" . }}
- name: aws-iam-token
  projected:
    sources:
      - serviceAccountToken:
          audience: {{ index .Values.serviceAccount.annotations "eks.amazonaws.com/audience" | default "sts.amazonaws.com" | quote }}
          expirationSeconds: {{ index .Values.serviceAccount.annotations "eks.amazonaws.com/token-expiration" | default 86400 | int }}
          path: token
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
