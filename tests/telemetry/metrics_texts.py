"""The internal metrics of one collector at one moment, in the shapes that its versions and settings give them."""

from __future__ import annotations

from typing import Final

_SCOPE: Final = 'otel_scope_name="go.opentelemetry.io/collector/receiver/receiverhelper",otel_scope_version=""'
_SENDS: Final = 'otel_scope_name="go.opentelemetry.io/collector/exporter/exporterhelper",otel_scope_version=""'

DEFAULT: Final = f"""\
# HELP otelcol_exporter_queue_capacity Fixed capacity of the retry queue (in batches). [Alpha]
# TYPE otelcol_exporter_queue_capacity gauge
otelcol_exporter_queue_capacity{{data_type="logs",exporter="otlphttp/dead",{_SENDS}}} 1000
otelcol_exporter_queue_capacity{{data_type="traces",exporter="otlphttp/dead",{_SENDS}}} 200
otelcol_exporter_queue_capacity{{data_type="logs",exporter="debug",{_SENDS}}} 10
# HELP otelcol_exporter_queue_size Current size of the retry queue (in batches). [Alpha]
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{{data_type="logs",exporter="otlphttp/dead",{_SENDS}}} 300
otelcol_exporter_queue_size{{data_type="traces",exporter="otlphttp/dead",{_SENDS}}} 100
otelcol_exporter_queue_size{{data_type="logs",exporter="debug",{_SENDS}}} 0
# TYPE otelcol_exporter_send_failed_log_records counter
otelcol_exporter_send_failed_log_records{{exporter="otlphttp/dead",{_SENDS}}} 80
# TYPE otelcol_exporter_enqueue_failed_spans counter
otelcol_exporter_enqueue_failed_spans{{exporter="otlphttp/dead",{_SENDS}}} 3
# TYPE otelcol_exporter_sent_log_records counter
otelcol_exporter_sent_log_records{{exporter="debug",{_SENDS}}} 80
otelcol_exporter_sent_spans{{exporter="debug",{_SENDS}}} 5
# TYPE otelcol_process_cpu_seconds counter
otelcol_process_cpu_seconds{{service_version="0.135.0"}} 53.009870938
# TYPE otelcol_process_memory_rss gauge
otelcol_process_memory_rss{{service_version="0.135.0"}} 1.2945408e+08
# TYPE otelcol_process_uptime counter
otelcol_process_uptime{{service_version="0.135.0"}} 16.483
# TYPE otelcol_receiver_accepted_log_records counter
otelcol_receiver_accepted_log_records{{receiver="otlp",{_SCOPE},transport="grpc"}} 60
otelcol_receiver_accepted_log_records{{receiver="otlp",{_SCOPE},transport="http"}} 20
# TYPE otelcol_receiver_accepted_metric_points counter
otelcol_receiver_accepted_metric_points{{receiver="otlp",{_SCOPE},transport="http"}} 7
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{{receiver="otlp",{_SCOPE},transport="http"}} 5
# TYPE otelcol_receiver_refused_spans counter
otelcol_receiver_refused_spans{{receiver="otlp",{_SCOPE},transport="http"}} 2
otelcol_receiver_refused_log_records{{receiver="otlp",{_SCOPE},transport="http"}} 1
otelcol_receiver_failed_spans{{receiver="otlp",{_SCOPE},transport="http"}} 0
# TYPE otelcol_processor_accepted_spans counter
otelcol_processor_accepted_spans{{processor="memory_limiter"}} 999
# TYPE promhttp_metric_handler_errors_total counter
promhttp_metric_handler_errors_total{{cause="encoding"}} 0
target_info{{service_instance_id="f5577f97",service_name="otelcol-contrib"}} 1
"""
"""Without a reader of its own in the configuration (0.135)."""


def _renamed(text: str, old: str, new: str) -> str:
    return "\n".join(line.replace(old, new, 1) if not line.startswith("#") else line for line in text.split("\n"))


def _suffixed(text: str, suffix: str, units: bool) -> str:
    out = []
    for line in text.split("\n"):
        name, brace, rest = line.partition("{")
        if brace and not name.startswith("#") and name.startswith(("otelcol_receiver", "otelcol_exporter")):
            unit = next((u for u in ("spans", "log_records", "metric_points") if name.endswith(u)), "")
            if unit:
                name += (f"__{unit.replace('metric_points', 'datapoints')}_" if units else "") + suffix
            elif units:
                name += "__batches_"
        out.append(name + brace + rest)
    return "\n".join(out)


EXPLICIT: Final = _renamed(
    _renamed(_suffixed(DEFAULT, "_total", False), "process_uptime", "process_uptime_seconds_total"),
    "process_memory_rss", "process_memory_rss_bytes",
)  # fmt: skip
"""With a configured Prometheus reader, up to 0.151."""

UNITS: Final = _suffixed(EXPLICIT.replace("_total{", "{"), "_total", True)
"""``otelcol_receiver_accepted_spans__spans__total``, ``otelcol_exporter_queue_size__batches_``."""

DOTTED: Final = "\n".join(
    '{"' + line.partition("{")[0].replace("_", ".", 2) + '",' + line.partition("{")[2]
    if line.startswith("otelcol_") and "{" in line
    else line
    for line in DEFAULT.split("\n")
)
"""UTF-8 names, quoted among the labels."""

OPENMETRICS: Final = (
    EXPLICIT.replace('transport="http"} 5', 'transport="http"} 5.0 1775806860.123 # {trace_id="0af7"} 1.0 1775806860')
    + 'otelcol_receiver_accepted_spans_created{receiver="otlp"} 1.7758e+09\n# EOF\n'
)
"""With an exemplar, a time and the time of creation."""

SHAPES: Final = {
    "default": DEFAULT, "explicit": EXPLICIT, "units": UNITS, "dotted": DOTTED, "openmetrics": OPENMETRICS
}  # fmt: skip
