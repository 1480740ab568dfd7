"""Assertion attributes of mentions: cue rules and the components that judge mentions."""
