"""Issues, presents and verifies with PyPI `sd-jwt`: one JSON object in, one JSON list out, in the order of its tasks."""

import json
import sys

from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.utils.yaml_specification import load_yaml_specification, remove_sdobj_wrappers
from sd_jwt.verifier import SDJWTVerifier
import yaml


def algorithm(jwk):
    return "EdDSA" if jwk["kty"] == "OKP" else "ES256"


def key(jwk):
    return JWK.from_json(json.dumps(jwk))


def wrapped(value, concealed, path=""):
    """The value with a mark around every place that is to be concealed."""
    def step(name):
        return f"{path}/{name}"

    if isinstance(value, dict):
        marked = lambda name: SDObj(name) if step(name) in concealed else name
        return {marked(name): wrapped(inner, concealed, step(name)) for name, inner in value.items()}
    if isinstance(value, list):
        items = [wrapped(inner, concealed, step(at)) for at, inner in enumerate(value)]
        return [SDObj(item) if step(at) in concealed else item for at, item in enumerate(items)]
    return value


def places(value, path=""):
    """Where the marks are."""
    if isinstance(value, SDObj):
        return [path] + places(value.value, path)
    if isinstance(value, dict):
        found = []
        for name, inner in value.items():
            plain = name.value if isinstance(name, SDObj) else name
            here = f"{path}/{plain}"
            found += ([here] if isinstance(name, SDObj) else []) + places(inner, here)
        return found
    if isinstance(value, list):
        return [place for at, inner in enumerate(value) for place in places(inner, f"{path}/{at}")]
    return []


def issue(claims, issuer, holder, header, decoys):
    holder = key(holder) if holder else None
    issued = SDJWTIssuer(
        claims, key(issuer), holder, sign_alg=algorithm(issuer), add_decoy_claims=decoys, extra_header_parameters=header
    )
    return issued.sd_jwt_issuance


def present(sd_jwt, frame, holder, nonce, aud):
    presenting = SDJWTHolder(sd_jwt)
    signing = {"holder_key": key(holder), "sign_alg": algorithm(holder)} if holder else {}
    presenting.create_presentation(frame, nonce, aud, **signing)
    return presenting.sd_jwt_presentation


def verify(sd_jwt, issuer, nonce=None, aud=None):
    return SDJWTVerifier(sd_jwt, lambda _issuer, _header: key(issuer), aud, nonce).get_verified_payload()


def example(specification, settings):
    """One worked example of a specification: what it is made of, and what this library makes of it."""
    spec = load_yaml_specification(specification)
    with open(settings) as file:
        settings = yaml.safe_load(file)
    keys = settings["key_settings"]
    issuer = keys.get("issuer_key") or keys["issuer_keys"][0]
    holder = keys["holder_key"] if spec.get("key_binding") else None
    claims = {"iss": settings["identifiers"]["issuer"], "iat": settings["iat"], "exp": settings["exp"]}
    claims.update(spec["user_claims"])
    header = spec.get("extra_header_parameters", {})
    issued = issue(claims, issuer, holder, header, spec.get("add_decoy_claims", False))
    nonce, aud = settings["key_binding_nonce"], settings["identifiers"]["verifier"]
    binding = (nonce, aud) if holder else (None, None)
    shown = present(issued, spec["holder_disclosed_claims"], holder, *binding)
    return {
        "issued": issued,
        "presented": shown,
        "verified": verify(shown, issuer, *binding),
        "claims": remove_sdobj_wrappers(claims),
        "concealed": places(claims),
        "issuer": issuer,
        "holder": holder,
        "header": header,
        "nonce": nonce,
        "aud": aud,
    }


def run(task):
    if "example" in task:
        return example(task["example"], task["settings"])
    if "issue" in task:
        claims = wrapped(task["issue"], task["concealed"])
        issued = issue(claims, task["key"], task.get("holder"), task.get("header", {}), task.get("decoys", False))
        return {"sd_jwt": issued}
    if "present" in task:
        shown = present(task["present"], task["frame"], task.get("holder"), task.get("nonce"), task.get("aud"))
        return {"sd_jwt": shown}
    return {"claims": verify(task["verify"], task["issuer"], task.get("nonce"), task.get("aud"))}


def answer(task):
    try:
        return run(task)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


# Dates in the examples are text wherever they are claims.
print(json.dumps([answer(task) for task in json.load(sys.stdin)["tasks"]], default=str))
