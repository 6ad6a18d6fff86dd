"""Notebooks in, reports out: keys, kernels, rendering, manifests, the index.

The doors are :func:`migration.report.run.run_reports` and
:func:`migration.report.plan.plan_reports`. Nothing heavy is imported until a report
must really be rendered: a plan needs neither pandas nor papermill.
"""
