"""Scorers, evaluation of pipelines, calibration and the error report."""
