"""A network and mounts of the tests' own: only loopback, and resolv.conf and hosts are files that a test writes."""

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if getattr(_libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _mount(source, target, flags):
    _call("mount", os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None)


def _unshare():
    try:
        _call("unshare", CLONE_NEWNS | CLONE_NEWNET)
    except PermissionError:
        # Without root: as root of a user namespace, where the kernel lets us have one.
        user, group = os.getuid(), os.getgid()
        _call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET)
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def _bring_loopback_up():
    with socket.socket() as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def enter(folder):
    """Puts this process, and all that it starts, into namespaces of their own.

    Returns the files that are resolv.conf and hosts there: to be written in place. Raises OSError if it is not allowed.
    """
    _unshare()
    _mount("none", "/", MS_REC | MS_PRIVATE)
    _bring_loopback_up()
    files = []
    for name in ("resolv.conf", "hosts"):
        file = folder / name
        file.write_text("")
        _mount(file, os.path.realpath(f"/etc/{name}"), MS_BIND)
        files.append(file)
    return files
