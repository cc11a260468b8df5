"""Where the files beside the code are: in a checkout, or in the installed package."""

from __future__ import annotations

from pathlib import Path

PACKAGED = Path(__file__).parent / "packaged"
"""What `make package` puts into the wheel: samples, measurements and the built stack."""
IS_CHECKOUT = not PACKAGED.is_dir()
ROOT = Path(__file__).resolve().parents[1] if IS_CHECKOUT else PACKAGED
STACK = ROOT / ".aws-sam" / "build" if IS_CHECKOUT else PACKAGED / "stack"
"""The output of `sam build`; in the package, the functions are archives already."""
