#!/usr/bin/env python3
"""Hangs one thread of a running program, as a fault in it would: stops it by ptrace and lets all others run.

hang.py TID: until the program ends. No part of the program knows of it.
"""
import ctypes
import os
import sys

PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request: int, thread: int) -> None:
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(f"hang.py: ptrace of {thread}: {os.strerror(ctypes.get_errno())}")


thread = int(sys.argv[1])
ptrace(PTRACE_SEIZE, thread)
ptrace(PTRACE_INTERRUPT, thread)
print("hangs", flush=True)
while True:
    # The thread's end is waited for, or its program could not end.
    try:
        _, status = os.waitpid(thread, WALL)
    except ChildProcessError:
        break
    if os.WIFEXITED(status) or os.WIFSIGNALED(status):
        break
