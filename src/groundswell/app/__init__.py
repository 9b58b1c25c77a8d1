"""The composition root: settings in, a running service out.

``core`` is what writes, ``access`` who may call, ``live`` the way from the log to the listeners,
``sockets`` the gateway's part of it, ``application`` the HTTP face, ``service`` all of it running.
"""

from groundswell.app.access import access_of
from groundswell.app.core import Core, running_core
from groundswell.app.service import Service, running_service

__all__ = ["Core", "Service", "access_of", "running_core", "running_service"]
