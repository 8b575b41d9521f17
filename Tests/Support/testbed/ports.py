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
    """A port below the range of outgoing connections: with thousands of those, a port in it would soon be taken."""
    top = _first_ephemeral()
    while True:
        port = random.randrange(max(1024, top - 12000), top)
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def is_open(port):
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listen(port, options=""):
    """nginx's directives for that port on localhost, over IPv6 too if there is IPv6."""
    addresses = ["127.0.0.1"] + (["[::1]"] if _has_ipv6() else [])
    return " ".join(f"listen {address}:{port}{' ' * bool(options)}{options};" for address in addresses)


if __name__ == "__main__":
    print(free_port())
