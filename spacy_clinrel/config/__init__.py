"""Training configs for a corpus."""

from .init_config import init_config

__all__ = ["init_config"]
