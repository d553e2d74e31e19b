"""The demo's collector: ``GET /health`` and ``/metrics`` on a free port of this machine, with counts that grow."""

from __future__ import annotations

import json
import math
import socket
import threading
import time

_LOGS, _SPANS, _MEGABYTES, _UPTIME = 30_306, 1_096, 12.92, 3 * 3600 + 12 * 60
_LOGS_A_SECOND, _SPANS_A_SECOND = 0.6, 0.1
"""Together 42 a minute."""


class HealthServer:
    """One thread that sleeps in `accept`; a request costs it nothing between requests."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._socket.getsockname()[1]
        self._began = time.monotonic()
        self._stopped = False
        self._thread = threading.Thread(target=self._serve, name="demo-health", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>/health``."""
        return f"http://127.0.0.1:{self._port}/health"

    @property
    def metrics_url(self) -> str:
        """``http://127.0.0.1:<port>/metrics``."""
        return f"http://127.0.0.1:{self._port}/metrics"

    def stop(self) -> None:
        """Close the port; idempotent."""
        if self._stopped:
            return
        self._stopped = True
        # Closing the socket does not wake a thread in accept(); a connection does.
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return
        finally:
            self._thread.join(1)
            self._socket.close()

    def _serve(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._socket.accept()
                with connection:
                    connection.settimeout(1)
                    self._answer(connection)
            except OSError:
                continue  # that client went away; the next one is served

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 16_384:
            part = connection.recv(4096)
            if not part:
                return
            request += part
        method, _, rest = request.decode("latin-1").partition(" ")
        path = rest.split(" ", 1)[0].split("?", 1)[0]
        status, kind = "200 OK", "application/json"
        if method == "GET" and path == "/health":
            data = json.dumps(self._health()).encode()
        elif method == "GET" and path == "/metrics":
            data, kind = self._metrics().encode(), "text/plain; version=0.0.4; charset=utf-8"
        else:
            status, data = "404 Not Found", b'{"error": "not found"}'
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + data)

    def _health(self) -> dict[str, object]:
        seconds = time.monotonic() - self._began
        hours, minutes = divmod(int(_UPTIME + seconds) // 60, 60)
        return {
            "status": "ok",
            "logs": _LOGS + self._grown(seconds, _LOGS_A_SECOND),
            "spans": _SPANS + self._grown(seconds, _SPANS_A_SECOND),
            "metrics": 7,
            "resources": 16,
            "size": f"{_MEGABYTES + seconds * 0.0011:.2f} MB",
            "uptime": f"{hours}h{minutes:02}m",
        }

    @staticmethod
    def _grown(seconds: float, rate: float) -> int:
        """Items since the start, in a slow wave around *rate* a second; never fewer than before."""
        return int(rate * (seconds + 8 * math.sin(seconds / 12)))

    def _metrics(self) -> str:
        """What a collector's own telemetry says: queues, refusals, memory."""
        seconds = time.monotonic() - self._began
        queued = round(60 + 40 * math.sin(seconds / 20))
        return (
            f'otelcol_exporter_queue_size{{exporter="otlp/store",data_type="logs"}} {queued}\n'
            'otelcol_exporter_queue_capacity{exporter="otlp/store",data_type="logs"} 1000\n'
            f'otelcol_exporter_sent_log_records_total{{exporter="otlp/store"}} {_LOGS + int(seconds / 2)}\n'
            'otelcol_receiver_refused_log_records_total{receiver="otlp",transport="http"} 0\n'
            f"otelcol_process_memory_rss_bytes {118_000_000 + int(seconds) % 60 * 50_000}\n"
        )
