"""The OpenTelemetry collector: health and counts."""
