"""Free ports on loopback."""

import random
import socket


def _has_ipv6():
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            return any(line.startswith("0" * 31 + "1 ") for line in file)
    except FileNotFoundError:
        return False


def _first_ephemeral():
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        return int(file.read().split()[0])


def free_port():
    """A port below those that outgoing connections get: with thousands of these, any other would soon be taken."""
    top = _first_ephemeral()
    while True:
        port = random.randrange(max(1024, top - 12000), top)
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def listen(port, options=""):
    """nginx's directives for that port of `localhost`, which may mean either address family."""
    addresses = ["127.0.0.1"] + (["[::1]"] if _has_ipv6() else [])
    return " ".join(f"listen {address}:{port}{' ' * bool(options)}{options};" for address in addresses)


if __name__ == "__main__":
    print(free_port())
