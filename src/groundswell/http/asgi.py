"""The types of ASGI, for parts that wrap an application without knowing the framework."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ASGIApp", "Message", "Receive", "Scope", "ScopeType", "Send"]
