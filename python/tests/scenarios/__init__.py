"""Scenarios: lists of steps that are played in plain CPython and on every target, and must agree."""
