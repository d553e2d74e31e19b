"""oc-console: one operator's mission control for a fleet of coding agents."""

__version__ = "0.1.0"
