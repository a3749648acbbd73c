"""Scenarios on a real Flink cluster."""
