"""What a deployment uploads: built functions, nested templates, and the template of the stack."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError

_DATE = (2020, 1, 1, 0, 0, 0)  # any: the same files make the same archive
_MODE = 0o644 << 16
# As `sam build` writes them, in YAML or JSON: the folder of a function, the file of a nested stack.
_CODE = re.compile(r'(CodeUri"?: *"?)([\w.-]+)')
_NESTED = re.compile(r'(Location"?: *"?)([\w./-]+\.(?:yaml|json))')


@dataclass(frozen=True, slots=True)
class Upload:
    """One object of the bucket: its name is made of its content."""

    name: str
    content: bytes

    @classmethod
    def of(cls, content: bytes, suffix: str) -> Upload:
        """Name some content."""
        return cls(f"{hashlib.sha256(content).hexdigest()[:32]}{suffix}", content)


def zip_folder(folder: Path) -> bytes:
    """Return a folder as an archive that depends on nothing but its files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), _DATE)
            entry.external_attr, entry.compress_type = _MODE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def read_template(stack: Path) -> str:
    """Return the built template; raises `InputError` where there is none."""
    file = stack / "template.yaml"
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            "the functions are not built: in a checkout run make build, or install the package"
        ) from error


def list_uploads(stack: Path, template: str) -> dict[str, Upload]:
    """Return what a template refers to, by the names that it uses."""
    found: dict[str, Upload] = {}
    for folder in {match[2] for match in _CODE.finditer(template)}:
        archive = stack / f"{folder}.zip"
        content = archive.read_bytes() if archive.is_file() else zip_folder(stack / folder)
        found[folder] = Upload.of(content, ".zip")
    for name in {match[2] for match in _NESTED.finditer(template)}:
        found[name] = Upload.of((stack / name).read_bytes(), ".template")
    return found


def with_addresses(
    template: str,
    uploads: Mapping[str, Upload],
    s3: Callable[[str], str],
    url: Callable[[str], str],
) -> Upload:
    """Return the template with the addresses of what was uploaded."""
    text = _CODE.sub(lambda m: f"{m[1]}{s3(uploads[m[2]].name)}", template)
    text = _NESTED.sub(lambda m: f"{m[1]}{url(uploads[m[2]].name)}", text)
    return Upload.of(text.encode(), ".template")
