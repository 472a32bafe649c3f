"""What all tests of this repository share: runs of pytest within tests, and a ban on the network."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from tempfile import mkstemp

import botocore.session
import pytest
from botocore.loaders import Loader, create_loader

pytest_plugins = ["pytester"]

_BAN = str(Path(__file__).parent / "tests" / "support" / "no_network")


def pytest_configure(config: pytest.Config) -> None:
    """Ban the network for this process, and for every Python that a test starts."""
    descriptor, log = mkstemp(prefix="no-network-")
    os.close(descriptor)
    config.add_cleanup(Path(log).unlink)
    os.environ["NO_NETWORK_LOG"] = log
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_BAN, os.environ.get("PYTHONPATH")]))
    run_path(str(Path(_BAN, "sitecustomize.py")))  # as other Pythons do by themselves
    _let_children_keep_bytecode(config)
    _let_sessions_share_models(config)


def _let_children_keep_bytecode(config: pytest.Config) -> None:
    """Where nothing may be compiled beside the sources, have the Pythons that tests start compile it once, elsewhere.

    Otherwise each of them compiles this package, and all that pytest rewrites, anew: half of its time.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None) and hasattr(config, "cache"):
        os.environ["PYTHONPYCACHEPREFIX"] = str(config.cache.mkdir("bytecode"))


def _let_sessions_share_models(config: pytest.Config) -> None:
    """Have botocore's sessions read AWS's models once in this process: that is nine tenths of making a client.

    As the clients of one session do. Each session still has a loader of its own, whose paths boto3 adds to.
    """
    read: defaultdict[str | None, dict[object, object]] = defaultdict(dict)

    def create(search_path_string: str | None = None) -> Loader:
        loader = create_loader(search_path_string)
        loader._cache = read[search_path_string]  # noqa: SLF001  botocore has no option for it
        return loader

    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.session, "create_loader", create)
    config.add_cleanup(patch.undo)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[Path]:
    """Fail a test that has reached for the network, in whatever thread or child and whatever became of the failure."""
    log = Path(os.environ["NO_NETWORK_LOG"])
    yield log
    tried = log.read_text()
    log.write_text("")
    assert not tried
