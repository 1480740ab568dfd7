"""The web server for a page."""

from http.client import HTTPConnection
from threading import Thread
from wsgiref.simple_server import WSGIServer

from spacy_clinrel import viewer as displacy
from spacy_clinrel.viewer.server import make_server


def test_server_only_answers_requests_to_this_machine(note, monkeypatch, capsys):
    def visit(server):
        thread = Thread(target=server.handle_request)
        thread.start()
        return thread

    def get(path="/", name="127.0.0.1"):
        with make_server("<p>页", "127.0.0.1", 0) as server:
            thread = visit(server)
            connection = HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            connection.request("GET", path, headers={"Host": f"{name}:{server.server_port}"})
            response = connection.getresponse()
            text = response.read().decode()
            thread.join()
        return response.status, text

    assert get() == (200, "<p>页") and get(name="localhost") == (200, "<p>页")
    assert get("/favicon.ico")[0] == 404
    assert get(name="evil.example") == (403, "403 Forbidden")

    def interrupt(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(WSGIServer, "serve_forever", interrupt)
    displacy.serve(note, port=0)
    assert "Serving on http://127.0.0.1:" in capsys.readouterr().out
