"""Tests of the worker: real Valkey, real RQ, real HTTP, real processes."""
