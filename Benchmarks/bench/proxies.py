"""The contestants that are reached by nginx's proxy_pass: nginx by itself, and a server in Go."""

import signal

from testbed.ports import free_port, is_open, listen
from testbed.servers import CLIENT_KEY, CLIENT_SECRET, start_nginx

from . import certificates
from .contestant import Contestant
from .places import BENCHMARKS, MODULES, NGINX_DIR, WORK, descriptor_limit, fill
from .upstream import HOST, PATH

GO_SERVER = WORK / "go-server"


class Proxy(Contestant):
    """Only nginx, which forwards without signing: the upper limit."""

    signs = False
    has_responder = False
    modules, http, server, access_log = "", "", "", "access.log json"

    def start(self, upstream, scheme, delay):
        exchange = f"{scheme}://next{PATH}"
        info = exchange.replace("/auth/token", "/me")
        urls = {"/auth_exchange": exchange, "/auth_refresh": f"{exchange}/refresh", "/auth_info": info}
        self.proxy(upstream.ports[scheme, delay], urls)

    def proxy(self, port, urls):
        """Starts nginx, which passes each path on to its URL, whose host is "next": that port."""
        locations = [f"location = {path} {{ proxy_pass {url}; }}" for path, url in urls.items()]
        conf = fill(
            "proxy.conf.template",
            NGINX_DIR=NGINX_DIR,
            FILES=descriptor_limit(),
            MODULES=self.modules,
            HTTP=self.http,
            SERVER=self.server,
            ACCESS_LOG=self.access_log,
            LISTEN=listen(self.port),
            SERVERS=f"server 127.0.0.1:{port};",
            HOST=HOST,
            CA=certificates.CA,
            LOCATIONS="\n        ".join(locations),
        )
        (self.folder / "nginx.conf").write_text(conf)
        self.nginx = start_nginx(self.name, self.folder, signal.SIGQUIT)


class Lua(Proxy):
    """Only nginx, which signs in Lua in its worker: no second hop, no checks, no log."""

    signs = True
    modules = "\n".join(f"load_module {MODULES / name};" for name in ("ndk_http_module.so", "ngx_http_lua_module.so"))
    http = f"""lua_package_path "{BENCHMARKS}/lua/?.lua;;";
    init_by_lua_block {{ require("sign").init("{CLIENT_KEY}", "{CLIENT_SECRET}") }}"""
    server = f"""set $timestamp "";
        set $signature "";
        rewrite_by_lua_block {{ require("sign").sign() }}
        proxy_set_header X-Tiniapp-Client-Id {CLIENT_KEY};
        proxy_set_header X-Tiniapp-Timestamp $timestamp;
        proxy_set_header X-Tiniapp-Signature $signature;"""
    access_log = "off"


class Go(Proxy):
    """A server in Go behind nginx's proxy_pass, on kept connections."""

    signs = True
    has_responder = True

    def start(self, upstream, scheme, delay):
        port = free_port()
        self.serve([GO_SERVER], PORT=str(port))
        self.responder.wait_until_ready(lambda: is_open(port))
        self.proxy(port, dict.fromkeys(("/auth_exchange", "/auth_refresh", "/auth_info"), "http://next"))
