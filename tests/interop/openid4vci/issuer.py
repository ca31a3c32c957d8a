"""A credential issuer by PyPI `openid4vci`, on loopback: prints `{ "url" }` and serves until its input ends.

The package has the messages, key proofs, nonces, formats and encryption; the token endpoint, which it leaves to others, and HTTP are here.

  GET  /offer?config=ID&tx=1&deferred=1  -> { "id", "offer", "tx_code" }
  GET  /result/ID                        -> { "issued", "notified", "encrypted" }
  POST /read/KIND                        -> { "error" } of a message of somebody else, read by the package's model of that kind
"""

import asyncio
import base64
import json
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlparse

from joserfc.jwk import ECKey, JWKRegistry
from openid4vci.adapters.sd_jwt_vc import SdJwtVcAdapter
from openid4vci.adapters.vc_jwt import JwtVcAdapter, did_jwk
from openid4vci.crypto.encryption import decrypt_credential_request, encrypt_credential_response
from openid4vci.crypto.proofs import validate_jwt_proof
from openid4vci.crypto.signer import LocalJwsSigner
from openid4vci.exceptions import CredentialRequestError
from openid4vci.models.credential import CredentialRequest, CredentialResponse
from openid4vci.models.deferred import DeferredCredentialRequest
from openid4vci.models.metadata import CredentialIssuerMetadata
from openid4vci.models.nonce import NonceResponse
from openid4vci.models.notification import NotificationRequest
from openid4vci.models.oauth import TokenRequest, TokenResponse
from openid4vci.models.offer import CredentialOffer, offer_uri_by_value
from openid4vci.reference import InMemoryNonceStore, InMemoryTransactionStore
from pydantic import ValidationError

MODELS = {
    "metadata": CredentialIssuerMetadata,
    "offer": CredentialOffer,
    "token": TokenResponse,
    "credential": CredentialResponse,
    "nonce": NonceResponse,
}
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def secure(text):
    """The package takes https only; on loopback the same text says http."""
    return text.replace("http://localhost", "https://localhost")


def plain(value):
    return json.loads(json.dumps(value).replace("https://localhost", "http://localhost"))


class Issuer:
    def __init__(self, url):
        self.url = url
        key = ECKey.generate_key("P-256", private=True)
        self.did = did_jwk(key.as_dict(private=False))
        signer = LocalJwsSigner(ECKey.import_key({**key.as_dict(private=True), "kid": f"{self.did}#0"}))
        self.adapters = {
            "degree-sd-jwt": SdJwtVcAdapter("https://python.example/degree", signer, issuer=self.did),
            "degree-jwt": JwtVcAdapter(["UniversityDegreeCredential"], signer, issuer=self.did),
        }
        self.encryption = ECKey.generate_key("P-256", {"kid": "requests", "alg": "ECDH-ES", "use": "enc"}, private=True)
        self.nonces, self.transactions = InMemoryNonceStore(), InMemoryTransactionStore()
        self.sessions = {}

    def metadata(self):
        proofs = {"jwt": {"proof_signing_alg_values_supported": ["ES256", "EdDSA"]}}
        configurations = {
            name: {
                **adapter.metadata_fragment(),
                "scope": name,
                "credential_signing_alg_values_supported": ["ES256"],
                "cryptographic_binding_methods_supported": ["jwk"],
                "proof_types_supported": proofs,
                "credential_metadata": {"display": [{"name": "Título", "locale": "es"}]},
            }
            for name, adapter in self.adapters.items()
        }
        url = secure(self.url)
        encrypted = {"enc_values_supported": ["A128GCM", "A256GCM"], "encryption_required": False}
        return plain(
            CredentialIssuerMetadata.model_validate(
                {
                    "credential_issuer": url,
                    "credential_endpoint": f"{url}/credential",
                    "nonce_endpoint": f"{url}/nonce",
                    "deferred_credential_endpoint": f"{url}/deferred",
                    "notification_endpoint": f"{url}/notification",
                    "credential_request_encryption": {"jwks": {"keys": [self.encryption.as_dict(private=False)]}, **encrypted},
                    "credential_response_encryption": {"alg_values_supported": ["ECDH-ES"], **encrypted},
                    "batch_credential_issuance": {"batch_size": 4},
                    "credential_configurations_supported": configurations,
                }
            ).to_dict()
        )

    def authorization_server(self):
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/token",
            "pre-authorized_grant_anonymous_access_supported": True,
            "response_types_supported": ["code"],
            "grant_types_supported": [PRE_AUTHORIZED],
        }

    def offer(self, config, tx=None, deferred=None):
        session = {
            "id": secrets.token_urlsafe(8),
            "config": config,
            "code": secrets.token_urlsafe(16),
            "deferred": bool(deferred),
            "issued": 0,
        }
        session["tx_code"] = f"{secrets.randbelow(9000) + 1000}" if tx else None
        grant = {"pre-authorized_code": session["code"], **({"tx_code": {"length": 4}} if tx else {})}
        offer = CredentialOffer.model_validate(
            {
                "credential_issuer": secure(self.url),
                "credential_configuration_ids": [config],
                "grants": {PRE_AUTHORIZED: grant},
            }
        )
        self.sessions[session["id"]] = session
        link = offer_uri_by_value(CredentialOffer.model_construct(**{**offer.__dict__, "credential_issuer": self.url}))
        return {"id": session["id"], "offer": link, "tx_code": session["tx_code"]}

    def token(self, form):
        request = TokenRequest.model_validate(form)
        found = [s for s in self.sessions.values() if s["code"] and s["code"] == request.pre_authorized_code]
        if not found or found[0]["tx_code"] != request.tx_code:
            return 400, {"error": "invalid_grant"}
        found[0].update(code=None, token=secrets.token_urlsafe(24))
        return 200, TokenResponse(access_token=found[0]["token"], token_type="Bearer", expires_in=300).to_dict()

    def holders(self, request):
        """The keys proven; a nonce is good once."""
        keys = []
        for proof in request.proofs["jwt"]:
            nonce = json.loads(base64.urlsafe_b64decode(proof.split(".")[1] + "=="))["nonce"]
            known = nonce if self.nonces.is_current(nonce) else "none of ours"
            keys.append(
                (
                    validate_jwt_proof(
                        proof, credential_issuer=self.url, c_nonce=known, supported_algorithms=["ES256", "EdDSA"]
                    ).bound_key,
                    nonce,
                )
            )
        for _, nonce in keys:
            self.nonces.consume(nonce)
        return [key for key, _ in keys]

    def mint(self, session, keys):
        claims = {"given_name": "Lucía", "degree": {"name": "Enfermería"}}
        adapter = self.adapters[session["config"]]
        issued = [{"credential": asyncio.run(adapter.issue(claims, holder_key=key))} for key in keys]
        session.update(issued=len(issued), notification=secrets.token_urlsafe(8))
        return CredentialResponse.model_validate({"credentials": issued, "notification_id": session["notification"]})

    def credential(self, session, body):
        request = CredentialRequest.model_validate(body)
        if request.credential_configuration_id != session["config"]:
            return 400, {"error": "unknown_credential_configuration"}
        keys = self.holders(request)
        session["encryption"] = request.credential_response_encryption
        if session["deferred"]:
            transaction = self.transactions.open(keys)
            return 202, CredentialResponse(transaction_id=transaction, interval=1)
        return 200, self.mint(session, keys)

    def later(self, session, body):
        request = DeferredCredentialRequest.model_validate(body)
        keys = self.transactions.payload(request.transaction_id)
        if keys is None:
            return 400, {"error": "invalid_transaction_id"}
        self.transactions.close(request.transaction_id)
        session["encryption"] = request.credential_response_encryption or session["encryption"]
        return 200, self.mint(session, keys)

    def notify(self, session, body):
        request = NotificationRequest.model_validate(body)
        if request.notification_id != session.get("notification"):
            return 400, {"error": "invalid_notification_id"}
        session["notified"] = request.event.value if hasattr(request.event, "value") else request.event
        return 204, None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, media_type="application/json"):
        data = b"" if body is None else (body if media_type != "application/json" else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("cache-control", "no-store")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        url = urlparse(self.path)
        if url.path == "/.well-known/openid-credential-issuer":
            return self.answer(200, issuer.metadata())
        if url.path == "/.well-known/oauth-authorization-server":
            return self.answer(200, issuer.authorization_server())
        if url.path == "/offer":
            return self.answer(200, issuer.offer(**dict(parse_qsl(url.query))))
        if url.path.startswith("/result/"):
            session = issuer.sessions[url.path.removeprefix("/result/")]
            return self.answer(
                200,
                {"issued": session["issued"], "notified": session.get("notified"), "encrypted": bool(session.get("encryption"))},
            )
        self.answer(404, {"error": "not_found"})

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        try:
            self.post(text)
        except CredentialRequestError as error:
            self.answer(400, {"error": error.code.value, "error_description": error.description})
        except ValidationError as error:
            self.answer(400, {"error": "invalid_request", "error_description": str(error)})

    def post(self, text):
        if self.path == "/nonce":
            return self.answer(200, NonceResponse(c_nonce=issuer.nonces.issue()).to_dict())
        if self.path == "/token":
            return self.answer(*issuer.token(dict(parse_qsl(text))))
        if self.path.startswith("/read/"):
            return self.answer(200, self.read(MODELS[self.path.removeprefix("/read/")], text))
        token = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        session = next((s for s in issuer.sessions.values() if s.get("token") == token), None)
        if session is None:
            return self.answer(401, {"error": "invalid_token"})
        encrypted = (self.headers.get("content-type") or "").startswith("application/jwt")
        body = decrypt_credential_request(text, issuer.encryption) if encrypted else json.loads(text)
        handle = {"/credential": issuer.credential, "/deferred": issuer.later, "/notification": issuer.notify}[self.path]
        self.protected(session, *handle(session, body))

    def protected(self, session, status, response):
        if not isinstance(response, CredentialResponse):
            return self.answer(status, response)
        if session.get("encryption"):
            return self.answer(status, encrypt_credential_response(response, session["encryption"]), "application/jwt")
        self.answer(status, response.to_dict())

    @staticmethod
    def read(model, text):
        try:
            model.model_validate_json(text)
            return {}
        except ValidationError as error:
            return {"error": str(error)}


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
issuer = Issuer(f"http://localhost:{server.server_port}")
print(json.dumps({"url": issuer.url}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
