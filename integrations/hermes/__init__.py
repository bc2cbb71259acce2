"""Image backend `limn` for Hermes Agent: pictures with the ChatGPT plan, no API key.

Runs the program `limn` (https://www.npmjs.com/package/limn) once for each picture, with the prompt on its standard input. limn sends
nothing twice, keeps every picture in its own history, and says what really came back. Standard library only.

Settings in `config.yaml`, all optional:

    image_gen:
      provider: limn
      limn:
        model: gpt-image-2-high      # -low, -medium (default), -high: a wish of quality
        program: /opt/limn/bin/limn  # a path, or a list such as [node, /opt/limn/bin/limn.js]; default: `limn` of the PATH
        timeout: 330                 # seconds, at least 300
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional
from urllib.parse import urlsplit

from agent.image_gen_provider import (
    ImageGenProvider,
    error_response,
    normalize_reference_images,
    resolve_aspect_ratio,
    save_b64_image,
    success_response,
)

logger = logging.getLogger(__name__)

NAME = "limn"

_TIERS = {
    "gpt-image-2-low": ("low", "GPT Image 2 (Low)", "a quick draft"),
    "gpt-image-2-medium": ("medium", "GPT Image 2 (Medium)", "balanced, the default"),
    "gpt-image-2-high": ("high", "GPT Image 2 (High)", "detail and text"),
}
DEFAULT_MODEL = "gpt-image-2-medium"

_SIZES = {"landscape": "1536x1024", "square": "1024x1024", "portrait": "1024x1536"}

MAX_SOURCE_IMAGES = 16
MAX_INPUT_BYTES = 25 * 1024 * 1024
SHORTEST_TIMEOUT = 300
DEFAULT_TIMEOUT = 330
# limn keeps its own time limit and ends in order; this is for one that hangs.
GRACE_SECONDS = 20

# What limn calls an error, in Hermes' words. Everything else is an api_error.
_ERROR_TYPES = {
    "prompt_missing": "invalid_argument",
    "invalid_option": "invalid_argument",
    "unsupported_option": "invalid_argument",
    "config_invalid": "invalid_argument",
    "usage_limit_reached": "quota_exceeded",
    "plan_not_included": "quota_exceeded",
    "no_image_returned": "empty_response",
    "image_incomplete": "incomplete_image",
    "engine_unavailable": "missing_dependency",
    "engine_disabled": "missing_dependency",
}
_ERROR_TYPES_BY_CATEGORY = {"input": "invalid_image_input", "login": "auth_required", "storage": "io_error"}

_BAD_INPUT = "Invalid image input for Codex image editing: "
_SIGN_IN = "Sign in with `hermes auth add openai-codex`, or with `limn login`."
_INSTALL = "Install limn (npm install -g limn), or set image_gen.limn.program in config.yaml."


class _Refused(Exception):
    """Something is wrong that the user has to change; nothing was sent."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


# --- settings ---------------------------------------------------------------------------------------------------------


def _settings() -> Dict[str, Any]:
    """`image_gen` of config.yaml; empty when there is none."""
    try:
        from hermes_cli.config import load_config

        config = load_config()
        section = config.get("image_gen") if isinstance(config, dict) else None
        return section if isinstance(section, dict) else {}
    except Exception as exc:  # a host without it, or a broken file: the host itself tells about that
        logger.debug("limn: no image_gen settings: %s", type(exc).__name__)
        return {}


def _own_settings(settings: Dict[str, Any]) -> Dict[str, Any]:
    own = settings.get(NAME)
    return own if isinstance(own, dict) else {}


def _model(settings: Dict[str, Any]) -> str:
    candidates = (os.environ.get("OPENAI_IMAGE_MODEL"), _own_settings(settings).get("model"), settings.get("model"))
    for candidate in candidates:
        if isinstance(candidate, str) and candidate in _TIERS:
            return candidate
    return DEFAULT_MODEL


def _program(settings: Dict[str, Any]) -> Optional[List[str]]:
    """How to start limn; None where it is not installed."""
    given = _own_settings(settings).get("program")
    command = [given] if isinstance(given, str) and given.strip() else given
    if not (isinstance(command, list) and command and all(isinstance(part, str) for part in command)):
        command = ["limn"]
    found = shutil.which(os.path.expanduser(command[0]))
    if found is None or not all(os.path.isfile(part) for part in command[1:] if os.path.isabs(part)):
        return None
    return [found, *command[1:]]


def _timeout(settings: Dict[str, Any]) -> int:
    given = _own_settings(settings).get("timeout")
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return max(SHORTEST_TIMEOUT, int(given))
    return DEFAULT_TIMEOUT


# --- who pays ---------------------------------------------------------------------------------------------------------


def _claims(token: str) -> Optional[Dict[str, Any]]:
    """What a JWT says, unverified; None for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return None
    return payload if isinstance(payload, dict) else None


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return False


def _hermes_token() -> Optional[str]:
    """The access token that Hermes' own reader gives, if it is one for ChatGPT and may go where limn will send it.

    A token of a gateway (an opaque one, or with HERMES_CODEX_BASE_URL) is not for ChatGPT, and a stored login goes to no address that
    only a variable names.
    """
    if os.environ.get("HERMES_CODEX_BASE_URL"):
        return None
    address = os.environ.get("LIMN_BASE_URL")
    if address and not _is_loopback(address):
        return None
    try:
        from agent.auxiliary_client import _read_codex_access_token as read_token

        token = read_token()
    except Exception as exc:  # no such reader in this Hermes, or no login: limn looks for one itself
        logger.debug("limn: no token from Hermes: %s", type(exc).__name__)
        return None
    if not isinstance(token, str) or not token.strip():
        return None
    claims = _claims(token.strip())
    if claims is None or "https://api.openai.com/auth" not in claims:
        return None
    expiry = claims.get("exp")
    if isinstance(expiry, (int, float)) and expiry <= time.time():
        return None
    return token.strip()


_SECRET_NAME = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)S?$", re.IGNORECASE)


def _child_environment(program: str) -> Dict[str, str]:
    """Hermes' variables without its keys, and with a token only for limn."""
    environment = {name: value for name, value in os.environ.items() if not _SECRET_NAME.search(name)}
    token = os.environ.get("LIMN_ACCESS_TOKEN") or _hermes_token()
    if token:
        environment["LIMN_ACCESS_TOKEN"] = token
    # A service starts with a minimal PATH; the Node that limn needs is mostly beside it.
    environment["PATH"] = os.pathsep.join([environment.get("PATH", os.defpath), os.path.dirname(program)])
    return environment


def _has_login() -> bool:
    """Whether there is a login file that limn or Hermes could use. Reads no token, opens no connection."""
    if os.environ.get("LIMN_ACCESS_TOKEN"):
        return True
    home = Path.home()

    def folder(variable: str, default: Path) -> Path:
        value = os.environ.get(variable)
        return Path(value).expanduser() if value else default

    limn_home = os.environ.get("LIMN_HOME")
    limn = Path(limn_home) if limn_home else folder("XDG_CONFIG_HOME", home / ".config") / "limn"
    if any((limn / "auth").glob("*.json")):
        return True
    data = folder("XDG_DATA_HOME", home / ".local" / "share")
    files = (
        folder("CODEX_HOME", home / ".codex") / "auth.json",
        folder("PI_CODING_AGENT_DIR", home / ".pi" / "agent") / "auth.json",
        data / "opencode" / "auth.json",
        folder("HERMES_HOME", home / ".hermes") / "auth.json",
    )
    return any(file.is_file() for file in files)


# --- inputs -----------------------------------------------------------------------------------------------------------


def _sniff(head: bytes) -> Optional[str]:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return None


_ENV_FILE = re.compile(r"^\.env(?:rc|\.(?:local|development|production|test|staging))?$")
_HERMES_FILES = (
    "auth.json",
    "auth.lock",
    ".anthropic_oauth.json",
    ".env",
    "webhook_subscriptions.json",
    "auth/google_oauth.json",
)


def _read_block(path: str) -> Optional[str]:
    """Why the host does not let this file be read; None when it does."""
    try:
        from agent.file_safety import get_read_block_error
    except ImportError:
        # An older host: at least its credentials and environment files.
        real = Path(path).expanduser().resolve()
        home = Path(os.environ.get("HERMES_HOME") or Path.home() / ".hermes").resolve()
        inside = real.relative_to(home).as_posix() if real.is_relative_to(home) else ""
        if _ENV_FILE.match(real.name) or inside in _HERMES_FILES or inside.startswith("mcp-tokens/"):
            return "Access denied: this file holds credentials."
        return None
    reason = get_read_block_error(path)
    return reason if isinstance(reason, str) and reason else None


def _input_from_data(value: str, folder: Path, place: int) -> str:
    header, comma, data = value.partition(",")
    if not comma:
        raise ValueError("Image data URL is missing a comma separator")
    header = header.lower()
    if not header.startswith("data:image/") or not header.endswith(";base64"):
        raise ValueError("Only base64 data:image URLs are supported as Codex image inputs")
    if len(data) > MAX_INPUT_BYTES // 3 * 4 + 1024:
        raise ValueError("Image data URL exceeds 25MB cap")
    try:
        raw = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("Image data URL does not contain supported image bytes") from None
    if len(raw) > MAX_INPUT_BYTES:
        raise ValueError("Image data URL exceeds 25MB cap")
    kind = _sniff(raw)
    if kind is None:
        raise ValueError("Image data URL does not contain supported image bytes")
    file = folder / f"input-{place}.{kind}"
    file.write_bytes(raw)
    return str(file)


def _input_from_path(value: str) -> str:
    blocked = _read_block(value)
    if blocked:
        raise ValueError(blocked)
    path = Path(value).expanduser().resolve()
    if not path.is_file():
        raise ValueError(f"Image input path does not exist or is not a file: {value}")
    size = path.stat().st_size
    if size <= 0:
        raise ValueError(f"Image input path is empty: {value}")
    if size > MAX_INPUT_BYTES:
        raise ValueError(f"Image input path exceeds 25MB cap: {value}")
    with path.open("rb") as file:
        if _sniff(file.read(16)) is None:
            raise ValueError(f"Image input path is not a supported image: {value}")
    return str(path)


def _input(value: Any, folder: Path, place: int) -> str:
    """What limn is given for one picture: an address that it fetches and checks itself, or an absolute path."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("Blank image input")
    candidate = value.strip()
    lowered = candidate[:8].lower()
    if lowered.startswith(("http://", "https://")):
        return candidate
    if lowered.startswith("data:"):
        return _input_from_data(candidate, folder, place)
    return _input_from_path(candidate)


def _inputs(image_url: Any, references: Any, folder: Path) -> List[str]:
    values: List[Any] = [] if image_url is None or image_url == "" else [image_url]
    values += normalize_reference_images(references) or []
    if len(values) > MAX_SOURCE_IMAGES:
        raise _Refused(
            "invalid_image_input", f"{_BAD_INPUT}{len(values)} images were given; {MAX_SOURCE_IMAGES} is the most."
        )
    try:
        return [_input(value, folder, place) for place, value in enumerate(values)]
    except (ValueError, OSError) as exc:
        raise _Refused("invalid_image_input", f"{_BAD_INPUT}{exc}") from None


def _size(aspect: str, wanted: Any) -> str:
    if wanted is None or wanted == "":
        return _SIZES[aspect]
    if wanted == "auto":
        return "auto"
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", wanted.strip().lower()) if isinstance(wanted, str) else None
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    fits = (
        width % 16 == 0
        and height % 16 == 0
        and 0 < max(width, height) <= 3840
        and max(width, height) <= 3 * min(width, height)
        and 655_360 <= width * height <= 8_294_400
    )
    if not fits:
        raise _Refused(
            "invalid_argument",
            "size must be auto or WIDTHxHEIGHT with sides divisible by 16, the longest at most 3840, a ratio of at "
            "most 3:1 and 655360 to 8294400 pixels.",
        )
    return f"{width}x{height}"


# --- the run ----------------------------------------------------------------------------------------------------------


def _run(command: List[str], prompt: str, folder: Path, timeout: int) -> Dict[str, Any]:
    """limn's one JSON object. The child never outlives this call."""
    try:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=_child_environment(command[0]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as exc:
        raise _Refused("missing_dependency", f"limn could not be started: {exc.strerror or exc}. {_INSTALL}") from None
    try:
        stdout, stderr = child.communicate(prompt.encode("utf-8", "replace"), timeout=timeout + GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        raise _Refused(
            "api_error",
            f"limn gave no answer within {timeout} s. A picture may have been made and paid for; see: limn history",
        ) from None
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()
    try:
        answer = json.loads(stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        said = stderr.decode("utf-8", "replace").strip()[-300:]
        needs_node = "needs Node" in said or child.returncode in (126, 127)
        raise _Refused(
            "missing_dependency" if needs_node else "api_error",
            f"limn ended with status {child.returncode} and no result. {said}".strip(),
        )
    return answer


def _tell(error: Dict[str, Any]) -> str:
    return " ".join(str(part).strip() for part in (error.get("message"), error.get("hint")) if part)


def _shape(width: int, height: int) -> str:
    return "square" if width == height else "landscape" if width > height else "portrait"


class LimnImageGenProvider(ImageGenProvider):
    """gpt-image-2 on the ChatGPT plan, through the program limn."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def display_name(self) -> str:
        return "limn (ChatGPT plan)"

    def is_available(self) -> bool:
        """Whether the program and a login file are there. No network, no token is read or renewed."""
        try:
            return _program(_settings()) is not None and _has_login()
        except Exception as exc:
            logger.debug("limn: availability unknown: %s", type(exc).__name__)
            return False

    def list_models(self) -> List[Dict[str, Any]]:
        return [
            {"id": tier, "display": display, "speed": "~1min", "strengths": strengths, "price": "varies"}
            for tier, (_, display, strengths) in _TIERS.items()
        ]

    def default_model(self) -> Optional[str]:
        return DEFAULT_MODEL

    def get_setup_schema(self) -> Dict[str, Any]:
        return {
            "name": self.display_name,
            "badge": "free",
            "tag": "Makes and edits images with the ChatGPT plan you already pay for. Needs the program limn.",
            "env_vars": [],
        }

    def capabilities(self) -> Dict[str, Any]:
        return {
            "modalities": ["text", "image"],
            "max_reference_images": MAX_SOURCE_IMAGES - 1,
            "max_source_images": MAX_SOURCE_IMAGES,
        }

    def generate(
        self,
        prompt: str,
        aspect_ratio: str = "landscape",
        *,
        image_url: Optional[str] = None,
        reference_image_urls: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> Dict[str, Any]:
        aspect = resolve_aspect_ratio(aspect_ratio)
        model = DEFAULT_MODEL
        try:
            settings = _settings()
            model = _model(settings)
            if not isinstance(prompt, str) or not prompt.strip():
                raise _Refused("invalid_argument", "Prompt is required and must be a non-empty string")
            size = _size(aspect, kwargs.get("size"))
            with tempfile.TemporaryDirectory(prefix="hermes-limn-") as name:
                folder = Path(name)
                images = _inputs(image_url, reference_image_urls, folder)
                return self._make(settings, prompt, model, aspect, size, images, folder)
        except _Refused as refused:
            return self._error(str(refused), refused.error_type, model, prompt, aspect)
        except Exception as exc:  # the contract: a dictionary, never an exception
            logger.exception("limn: unexpected failure")
            return self._error(f"limn's plugin failed: {type(exc).__name__}: {exc}", "api_error", model, prompt, aspect)

    def _make(
        self,
        settings: Dict[str, Any],
        prompt: str,
        model: str,
        aspect: str,
        size: str,
        images: List[str],
        folder: Path,
    ) -> Dict[str, Any]:
        program = _program(settings)
        if program is None:
            raise _Refused("missing_dependency", f"The program limn was not found. {_INSTALL}")
        quality = _TIERS[model][0]
        timeout = _timeout(settings)
        command = [*program, "edit" if images else "generate", "--json", "--quiet", "--preview", "never"]
        command += ["--timeout", str(timeout), "--quality", quality, "--output", str(folder)]
        command += ["--aspect", aspect] if size == "auto" else ["--size", size]
        for image in images:
            command += ["--image", image]
        answer = _run(command, prompt, folder, timeout)
        failure = answer.get("error")
        if isinstance(failure, dict):
            return self._failed(failure, model, prompt, aspect)
        made = answer.get("images")
        if not isinstance(made, list) or not made or not isinstance(made[0], dict) or not made[0].get("path"):
            raise _Refused("empty_response", "limn ended without a picture.")
        picture = made[0]
        try:
            raw = Path(picture["path"]).read_bytes()
            kind = _sniff(raw[:16]) or "png"
            saved = save_b64_image(base64.b64encode(raw).decode("ascii"), prefix=NAME, extension=kind)
        except OSError as exc:
            raise _Refused(
                "io_error",
                f"Could not save the picture: {exc}. limn keeps it; see: limn show {answer.get('id')}",
            ) from None
        got = answer.get("got") if isinstance(answer.get("got"), dict) else {}
        account = answer.get("account") if isinstance(answer.get("account"), dict) else {}
        width, height = int(picture["width"]), int(picture["height"])
        shape = _shape(width, height)
        native = f"{got['width']}x{got['height']}" if "width" in got and "height" in got else None
        warnings = [w.get("message") for w in answer.get("warnings") or [] if isinstance(w, dict)]
        return success_response(
            image=str(saved),
            model=model,
            prompt=prompt,
            aspect_ratio=shape,
            modality="image" if images else "text",
            provider=NAME,
            extra={
                # Asked.
                "size": size,
                "quality": quality,
                "requested_size": size,
                "requested_model": model,
                "requested_aspect_ratio": aspect,
                "input_image_count": len(images),
                # What came back: of the file, and as the service drew it before limn finished it.
                "pixel_size": f"{width}x{height}",
                "reported_size": native,
                "reported_quality": got.get("quality"),
                "reported_model": answer.get("model"),
                "geometry_mismatch": shape != aspect,
                "imagegen_request_id": answer.get("requestId"),
                "generation_id": answer.get("id"),
                "engine": answer.get("engine"),
                "emulated": answer.get("emulated"),
                "steps": answer.get("steps") or [],
                "warnings": warnings,
                "account_plan": account.get("plan"),
                "account_source": account.get("source"),
            },
        )

    def _failed(self, failure: Dict[str, Any], model: str, prompt: str, aspect: str) -> Dict[str, Any]:
        """limn's error in Hermes' words."""
        code, category, text = failure.get("code"), failure.get("category"), _tell(failure)
        error_type = _ERROR_TYPES.get(str(code)) or _ERROR_TYPES_BY_CATEGORY.get(str(category)) or "api_error"
        if error_type == "invalid_image_input":
            text = f"{_BAD_INPUT}{text}"
        if error_type == "auth_required":
            text = f"{failure.get('message')} {_SIGN_IN}"
        result = self._error(text, error_type, model, prompt, aspect)
        if error_type == "quota_exceeded":
            details = failure.get("details") if isinstance(failure.get("details"), dict) else {}
            wait = failure.get("retryAfterMs")
            result["resets_at"] = details.get("resetsAt")
            result["retry_after_seconds"] = -(-int(wait) // 1000) if isinstance(wait, (int, float)) else None
        return result

    def _error(self, text: str, error_type: str, model: str, prompt: Any, aspect: str) -> Dict[str, Any]:
        return error_response(
            error=text,
            error_type=error_type,
            provider=NAME,
            model=model,
            prompt=prompt if isinstance(prompt, str) else "",
            aspect_ratio=aspect,
        )


def register(ctx: Any) -> None:
    """Called by Hermes when the plugin is enabled."""
    ctx.register_image_gen_provider(LimnImageGenProvider())
