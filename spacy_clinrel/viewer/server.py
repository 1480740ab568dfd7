"""A web server for a single page. By default, only browsers on this machine can reach it."""

import warnings
from ipaddress import ip_address
from typing import Any, Callable, Dict, List
from wsgiref.simple_server import WSGIServer
from wsgiref.simple_server import make_server as make_wsgi_server

from spacy.errors import Warnings as SpacyWarnings
from spacy.util import find_available_port, is_in_jupyter

HEADERS = {
    "200 OK": "text/html; charset=utf-8",
    "403 Forbidden": "text/plain",
    "404 Not Found": "text/plain",
}


def serve_page(markup: str, host: str, port: int, auto_select_port: bool) -> None:
    """Serve a page until interrupted.

    markup (str): The HTML of the page.
    host (str): The address to listen on.
    port (int): The port.
    auto_select_port (bool): Whether to use the next free port if this one is in use.
    RAISES (ValueError): If the port is in use.
    """
    port = find_available_port(port, host, auto_select_port)
    if is_in_jupyter():
        warnings.warn(SpacyWarnings.W011, stacklevel=2)
    with make_server(markup, host, port) as server:
        print(f"Serving on http://{host}:{server.server_port} ... (Ctrl+C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"Shutting down server on port {server.server_port}.")


def make_server(markup: str, host: str, port: int) -> WSGIServer:
    """Create a server that serves a single page.

    markup (str): The HTML of the page.
    host (str): The address to listen on. On a loopback address, the Host header of requests must
        name this machine, so that a website whose name resolves to 127.0.0.1 cannot read the notes.
    port (int): The port; 0 for any free port.
    RETURNS (WSGIServer): The server, bound to the port but not yet serving.
    """
    content = markup.encode("utf-8")

    def app(environ: Dict[str, Any], start_response: Callable[..., Any]) -> List[bytes]:
        status = "200 OK" if environ["PATH_INFO"] == "/" else "404 Not Found"
        requested_host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0]
        if _is_loopback(host) and not _is_loopback(requested_host):
            status = "403 Forbidden"
        headers = [("Content-Type", HEADERS[status]), ("Cache-Control", "no-store")]
        start_response(status, headers)
        return [content if status == "200 OK" else status.encode()]

    return make_wsgi_server(host, port, app)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
