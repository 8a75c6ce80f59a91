"""Wayline: a self-hosted customer experience management platform whose journey maps are alive."""

__version__ = "0.1.0"
