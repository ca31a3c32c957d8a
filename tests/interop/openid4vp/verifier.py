"""Two verifiers of somebody else, on loopback: prints `{ "url", "roots" }` and serves until its input ends.

PyPI `polaris-oid4vp` asks for an SD-JWT VC as HAIP 1.0 says: x509_hash, a request by POST, an encrypted response.

  GET  /new?vct=…&claims=[…]&roots=PEM&keys=[JWK]  -> { "id", "request" }: whose credentials are trusted is in `roots` or `keys`
  GET  /result/ID                                  -> { "status", "credentials", "error" }

PyPI `openvc-core` judges a `vp_token` that another verifier was given.

  POST /judge  { "vp_token", "dcql", "nonce", "client_id" | "origin", "roots" }  -> { "error" }, empty when it is good
"""

import json
import os
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlparse

from cryptography.x509 import load_pem_x509_certificates
from openvc.errors import OpenvcError
from openvc.openid4vp import verify_vp_token
from polaris_oid4vp.cli import keygen
from polaris_oid4vp.verifier import Verifier

contexts = json.loads(Path(os.environ["CONTEXTS"]).read_text()) if "CONTEXTS" in os.environ else {}


class Door:
    """One polaris verifier a request: what it asks for and whom it trusts is fixed when it is made."""

    def __init__(self, url, pki):
        self.url, self.pki = url, pki
        self.roots = (pki / "anchor.pem").read_text()
        self.asked = {}

    def open(self, vct, claims="[]", roots="", keys="[]"):
        verifier = Verifier(
            client_cert_pem=(self.pki / "client.pem").read_bytes(),
            client_key_pem=(self.pki / "client-key.pem").read_bytes(),
            request_uri=f"{self.url}/request",
            response_uri=f"{self.url}/response",
            issuer_jwks=json.loads(keys),
            issuer_trust_anchors=load_pem_x509_certificates(roots.encode()) if roots else [],
            vct_values=[vct],
            claims=json.loads(claims),
        )
        session, _ = verifier.new_request()
        self.asked[session.state] = [verifier, {"status": "pending"}]
        return {"id": session.state, "request": f"openid4vp://?{urlencode(verifier.authorization_request_params(session))}"}

    def request(self, state, form):
        verifier, _ = self.asked[state]
        metadata = form.get("wallet_metadata")
        return verifier.request_object(state, wallet_nonce=form.get("wallet_nonce"), wallet_metadata=metadata)

    def response(self, form):
        """The state is inside what is encrypted, so every verifier that waits is asked whose it is."""
        for asked in [one for one in self.asked.values() if one[1]["status"] == "pending"]:
            status, body, verdict = asked[0].handle_direct_post(form)
            if status == 200 and getattr(verdict, "authentic", False):
                asked[1] = {"status": "accepted", "credentials": verdict.claims}
                return status, body
            if verdict is not None and verdict.code not in ("jwe", "malformed", "state"):
                asked[1] = {"status": "rejected", "error": f"{verdict.code}: {verdict.reason}"}
                return status, body
        return 400, {"error": "invalid_request"}


def judge(vp_token, dcql, nonce, client_id=None, origin=None, roots=None):
    try:
        verify_vp_token(
            vp_token,
            dcql_query=dcql,
            nonce=nonce,
            client_id=client_id,
            expected_origins=[origin] if origin else None,
            extra_contexts=contexts,
            x5c_trust_anchors=load_pem_x509_certificates(roots.encode()) if roots else None,
        )
        return {}
    except OpenvcError as error:
        return {"error": f"{type(error).__name__}: {error}"}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body, media_type="application/json"):
        data = (json.dumps(body) if media_type == "application/json" else body).encode()
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        url = urlparse(self.path)
        if url.path == "/new":
            self.answer(200, door.open(**dict(parse_qsl(url.query))))
        elif url.path == "/request":
            self.send_request(url, {})
        elif url.path.startswith("/result/"):
            self.answer(200, door.asked[url.path.removeprefix("/result/")][1])
        else:
            self.answer(404, {"error": "not_found"})

    def do_POST(self):
        url = urlparse(self.path)
        text = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        if url.path == "/request":
            self.send_request(url, dict(parse_qsl(text)))
        elif url.path == "/response":
            self.answer(*door.response(parse_qs(text)))
        else:
            self.answer(200, judge(**json.loads(text)))

    def send_request(self, url, form):
        jwt = door.request(dict(parse_qsl(url.query))["state"], form)
        self.answer(200, jwt, "application/oauth-authz-req+jwt")


with tempfile.TemporaryDirectory() as folder:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    keygen(Path(folder), "localhost")
    door = Door(f"http://localhost:{server.server_port}", Path(folder))
    print(json.dumps({"url": door.url, "roots": door.roots}), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
