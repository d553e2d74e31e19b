"""The demo's collector: answers ``GET /health`` on a free port of this machine, with counts that grow."""

from __future__ import annotations

import json
import socket
import threading
import time

_LOGS, _SPANS, _MEGABYTES, _UPTIME = 30_306, 1_096, 12.92, 3 * 3600 + 12 * 60


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
        if method == "GET" and path == "/health":
            status, body = "200 OK", self._health()
        else:
            status, body = "404 Not Found", {"error": "not found"}
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + data)

    def _health(self) -> dict[str, object]:
        seconds = time.monotonic() - self._began
        hours, minutes = divmod(int(_UPTIME + seconds) // 60, 60)
        return {
            "status": "ok",
            "logs": _LOGS + int(seconds * 2.3),
            "spans": _SPANS + int(seconds / 7),
            "metrics": 7,
            "resources": 16,
            "size": f"{_MEGABYTES + seconds * 0.0011:.2f} MB",
            "uptime": f"{hours}h{minutes:02}m",
        }
