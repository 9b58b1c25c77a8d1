"""Checks of a running server against the protocol, from outside, rule by rule.

Nothing of the service is imported here: what judges it must not share its mistakes.
"""
