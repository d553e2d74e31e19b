"""Composing widgets, asking questions."""
