"""What a kernel finds around it."""

import os
import stat

import pytest

from migration.report.surroundings import (
    common_environment,
    kernel_environment,
    private_folder,
)
from migration.sources.github import TOKEN


def test_no_token_reaches_a_notebook(monkeypatch, tmp_path):
    """Reports ask nobody, and a cell that printed its variables would publish it."""
    monkeypatch.setenv(TOKEN, "ghp_secret")
    for variables in (common_environment(), kernel_environment(tmp_path, {})):
        assert "ghp_secret" not in variables.values()


@pytest.mark.skipif(os.name != "posix", reason="needs modes of files")
def test_the_folder_of_a_kernels_sockets_is_ours_alone():
    folder = private_folder()
    try:
        about = folder.stat()
        assert stat.S_IMODE(about.st_mode) == 0o700
        assert about.st_uid == os.geteuid()
    finally:
        folder.rmdir()
