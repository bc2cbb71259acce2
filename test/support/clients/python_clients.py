"""Requests of Python programs to an OpenAI-images server, made with Python's standard library as those programs' own libraries make them.

Reads one JSON object on stdin and writes one on stdout. The facts (C1, H25, ...) are those of the contracts openai-images-clients and
hermes-provider; the programs themselves need packages that are not installed for tests.
"""

import base64
import datetime
import http.client
import json
import os
import platform
import re
import sys
import urllib.parse
import uuid


def send(method, url, headers, body=None):
    """One request on one connection, as (status, headers in lower case, bytes)."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
    try:
        path = place.path + ("?" + place.query if place.query else "")
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def json_body(fields):
    return "application/json", json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def form_body(fields, files):
    """Text parts first, then the files, as httpx and requests write them (C2)."""
    boundary = uuid.uuid4().hex
    pieces = []
    for name, value in fields:
        pieces.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for file in files:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{file["name"]}"; filename="{file["filename"]}"\r\n'
        pieces.append(f'{head}Content-Type: {file["type"]}\r\n\r\n'.encode() + base64.b64decode(file["base64"]) + b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)


def stainless(retries):
    """What openai-python sends with every request; it names its time limit (C7) and counts its repeats."""
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "OpenAI/Python 3.22.1",
        "X-Stainless-Lang": "python",
        "X-Stainless-Package-Version": "3.22.1",
        "X-Stainless-OS": "Linux",
        "X-Stainless-Arch": "x64",
        "X-Stainless-Runtime": "CPython",
        "X-Stainless-Runtime-Version": platform.python_version(),
        "X-Stainless-Async": "false",
        "x-stainless-retry-count": str(retries),
        "x-stainless-read-timeout": "600",
    }


def would_repeat(status, headers):
    """C6: the server's word counts first; a Retry-After above two minutes ends it."""
    if headers.get("x-should-retry") in ("true", "false"):
        return headers["x-should-retry"] == "true"
    if re.fullmatch(r"\d+", headers.get("retry-after", "")) and int(headers["retry-after"]) > 120:
        return False
    return status in (408, 409, 429) or status >= 500


def openai_python(url, key, content_type, body):
    """openai-python's own rules; its pauses are left out. As (tries, status, headers, bytes)."""
    for tries in (1, 2, 3):
        headers = {**stainless(tries - 1), "Authorization": f"Bearer {key}", "Content-Type": content_type}
        status, answered, data = send("POST", url, headers, body)
        if status < 400 or not would_repeat(status, answered):
            break
    return tries, status, answered, data


def plain(url, key, content_type, body):
    """A program with requests or aiohttp: one try."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": content_type, "Accept": "*/*"}
    return (1, *send("POST", url, headers, body))


def replay(asked):
    """Any request, with what came back as it is."""
    content_type, body = (
        json_body(asked["json"]) if "json" in asked else form_body(asked["fields"], asked["files"])
    )
    ask = openai_python if asked["library"] == "openai" else plain
    tries, status, headers, data = ask(asked["url"], asked["key"], content_type, body)
    return {"tries": tries, "status": status, "headers": headers, "text": data.decode()}


TIERS = {"gpt-image-2-low": "low", "gpt-image-2-medium": "medium", "gpt-image-2-high": "high"}
SIZES = {"landscape": "1536x1024", "square": "1024x1024", "portrait": "1024x1536"}


def hermes(asked):
    """Hermes' bundled provider `openai`: H4 to H8 and H23 to H26."""
    tier = asked.get("tier") or "gpt-image-2-medium"
    aspect = asked.get("aspect_ratio") if asked.get("aspect_ratio") in SIZES else "landscape"
    told = {"model": tier, "prompt": asked["prompt"], "aspect_ratio": aspect, "provider": "openai"}
    fields = {"model": "gpt-image-2" if tier in TIERS else tier, "prompt": asked["prompt"], "size": SIZES[aspect], "n": 1}
    if tier in TIERS:
        fields["quality"] = TIERS[tier]
    sources = asked.get("sources", [])[:16]
    base = asked["base_url"].rstrip("/")
    if sources:
        name = "image" if len(sources) == 1 else "image[]"
        # The library guesses the type from the name of the file.
        types = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
        files = [
            {
                "name": name,
                "filename": source["filename"],
                "type": types.get(source["filename"].rsplit(".", 1)[-1], "application/octet-stream"),
                "base64": source["base64"],
            }
            for source in sources
        ]
        url, (content_type, body) = base + "/images/edits", form_body(fields.items(), files)
    else:
        url, (content_type, body) = base + "/images/generations", json_body(fields)
    tries, status, headers, data = openai_python(url, asked["key"], content_type, body)
    if status >= 400:
        verb = "editing" if sources else "generation"
        failed = f"OpenAI image {verb} failed: Error code: {status} - {json.loads(data)}"
        return {"success": False, "image": None, "error": failed, "error_type": "api_error", **told, "tries": tries}
    entries = json.loads(data).get("data") or []
    if not entries:
        return {"success": False, "image": None, "error": "no image data", "error_type": "empty_response", **told}
    first = entries[0]
    if first.get("b64_json"):
        picture = base64.b64decode(first["b64_json"], validate=True)
    else:
        status, _, picture = send("GET", first["url"], {})
    folder = os.path.join(asked["hermes_home"], "cache", "images")
    os.makedirs(folder, exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y%m%d_%H%M%S")
    path = os.path.join(folder, f"openai_{tier}_{stamp}_{uuid.uuid4().hex[:8]}.png")
    with open(path, "wb") as file:
        file.write(picture)
    extra = {"size": SIZES[aspect], "quality": TIERS.get(tier), "tries": tries}
    if first.get("revised_prompt"):
        extra["revised_prompt"] = first["revised_prompt"]
    return {"success": True, "image": path, **told, "modality": "image" if sources else "text", **extra, "headers": headers}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps({"hermes": hermes, "replay": replay}[given["client"]](given)))
