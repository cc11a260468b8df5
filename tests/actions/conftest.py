from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.actions.world import Logged, Stack


@pytest.fixture(scope="module")
def stack_of_module() -> Iterator[Stack]:
    from tests.actions import world  # later than the settings of the suite

    with world.made() as stack:
        yield stack


@pytest.fixture
def stack(stack_of_module: Stack) -> Stack:
    stack_of_module.begin_anew()
    return stack_of_module


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Logged:
    from tests.actions.world import Logged

    caplog.set_level("INFO")  # as deployed
    return Logged(capsys, caplog)
