"""The HTTP protocol of tRPC 11, so that ``@trpc/client`` can call this service as its router."""

from groundswell.http.trpc.procedures import NoInput, Procedure, mutation, query
from groundswell.http.trpc.routes import trpc_routes

__all__ = ["NoInput", "Procedure", "mutation", "query", "trpc_routes"]
