"""moto at a port of this computer, as its server has it, without what that needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.models import botocore_stubber


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        """Hand a request to moto as if it had been sent to AWS."""
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        _, region, service = re.search(
            r"Credential=[^/]+/(\d+)/([^/]+)/([^/]+)/", self.headers["Authorization"]
        ).groups()
        parts = urlsplit(self.path)  # which httpx has a whole URL in
        url = f"https://{service}.{region}.amazonaws.com{parts.path}" + (f"?{parts.query}" if parts.query else "")
        request = AWSPreparedRequest(self.command, url, headers, self._body(), stream_output=False)
        status, answered, body = botocore_stubber.process_request(request)
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in answered.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, str(value))
        length = answered.get("content-length", len(body)) if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = _answer  # noqa: N815  names of http.server's

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def moto_port() -> Iterator[str]:
    """The URL at which moto answers while the block runs; in this process it answers too."""
    with mock_aws(), ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
