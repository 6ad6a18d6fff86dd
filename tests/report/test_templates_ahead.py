"""What is compiled while kernels start changes no page, and stops no run."""

import threading

import pytest

from migration.report import html, run
from migration.report.outputs import to_node

PAGE = html.Page(
    study="A study",
    question="Did they move?",
    simulated=True,
    version="1",
    fallback_title="name",
    parameters=[("market", "IN")],
    asked=True,
    vintage=[],
    warnings=["Read this."],
    answers=["They did."],
    versions=[("Python", "3")],
    inputs_hash="0" * 64,
    n_inputs=2,
)
CELLS = [
    {
        "cell_type": "markdown",
        "metadata": {},
        "source": "# Title\n\n## One\n\n*Words*.",
    },
    {
        "cell_type": "code",
        "metadata": {},
        "source": "x = [1]\nx",
        "execution_count": 1,
        "outputs": [],
    },
]


def made():
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": CELLS}
    return html.to_html(to_node(notebook), PAGE)


@pytest.fixture(autouse=True)
def anew():
    html._exporter.cache_clear()
    yield
    html._exporter.cache_clear()


def test_a_page_is_the_same_with_and_without():
    alone = made()
    html._exporter.cache_clear()
    html.compile_templates()
    assert made() == alone
    assert "Did they move?" in alone


def test_it_is_done_when_the_run_is():
    with run._templates_ahead():
        pass
    assert html._exporter.cache_info().currsize == 1
    assert "templates" not in {one.name for one in threading.enumerate()}


def test_what_is_wrong_with_it_is_left_to_the_first_page(monkeypatch):
    asked = []

    def broken():
        asked.append(1)
        raise OSError("the templates are gone")

    monkeypatch.setattr(html, "compile_templates", broken)
    with run._templates_ahead():
        pass
    assert asked == [1]
