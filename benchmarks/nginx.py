"""The peer nchan: Debian's nginx with its module, on a configuration of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.machine import SERVER_CORE, pinned
from benchmarks.processes import Service, free_port

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")

CONFIGURATION = """\
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
error_log {directory}/error.log;
pid {directory}/nginx.pid;
events {{ worker_connections {files}; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  keepalive_requests 1000000000;
  nchan_max_reserved_memory 512M;
  nchan_message_buffer_length 300;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location ~ ^/publish/(.+)$ {{
      nchan_publisher http;
      nchan_channel_id $1;
    }}
    location ~ ^/(.+)$ {{
      nchan_subscriber websocket;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
      nchan_subscriber_timeout 0;
      nchan_websocket_ping_interval 30;
    }}
  }}
}}
"""
FILES = 19_500


def start(directory: Path) -> Service:
    """One worker, with a history of as many messages as ours and pings as often.

    Raises:
        BenchmarkError: it is not installed, or does not start.
    """
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None or not MODULE.exists():
        raise BenchmarkError(
            "nginx with nchan is not installed (Debian: apt install nginx libnginx-mod-nchan)"
        )
    port = free_port()
    configuration = directory / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(module=MODULE, directory=directory, port=port, files=FILES)
    )
    command = [program, "-p", str(directory), "-c", str(configuration)]
    service = Service("nchan", pinned(command, SERVER_CORE), port=port, log=directory / "nchan.log")
    service.wait_until_open()
    return service
