"""HTTP/1.1 with keep-alive, threads and optional TLS around a Simulator."""
import http.server
import socket
import ssl
from typing import Any

from simulator import Simulator

LARGEST_BODY = 4 * 1024 * 1024


class QuietServer(http.server.ThreadingHTTPServer):
    """One thread per connection; a client that goes away is no error."""
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes any method and path and leaves the judgement to the simulator."""
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = -1
    simulator: Simulator
    scheme = 'http'

    def do_POST(self) -> None:
        """Serve one request."""
        if 'chunked' in self.headers.get('Transfer-Encoding', ''):
            self.send_error(501)
            return
        length = self.headers.get('Content-Length', '0')
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            name = name.lower()
            headers[name] = f'{headers[name]},{value}' if name in headers else value
        url = f'{self.scheme}://{headers.get("host", "")}{self.path}'
        answer = self.simulator.handle(self.command, url, headers, body)
        if answer.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(answer.status)
        self.send_header('Server', 'ec2sim')
        self.send_header('Date', self.date_time_string(int(self.simulator.world.now())))
        self.send_header('Content-Type', answer.content_type)
        self.send_header('Content-Length', str(len(answer.body)))
        self.send_header('x-amzn-RequestId', answer.request_id)
        self.end_headers()
        if answer.truncate is not None:
            self.wfile.write(answer.body[:answer.truncate])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(answer.body)
        self.wfile.flush()

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    def log_message(self, *_: Any) -> None:
        """The journal is the log."""


def make(simulator: Simulator, address: tuple[str, int], certificate: str | None,
         key: str | None) -> QuietServer:
    """A listening server; call serve_forever() on it."""
    scheme = 'https' if certificate else 'http'
    handler = type('BoundHandler', (Handler,), {'simulator': simulator, 'scheme': scheme})
    server = QuietServer(address, handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake belongs to the connection's thread, not to accept().
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    return server
