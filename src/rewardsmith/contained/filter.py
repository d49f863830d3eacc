"""A seccomp filter: the system calls that a contained program is refused.

It is a second wall behind the namespaces (a program that may not call `mount` or `bpf` finds
fewer faults of the kernel), and where there are no namespaces it alone keeps the network out.
"""

from __future__ import annotations

import struct

_X86 = 0xC000003E, {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "move_mount": 429,
    "open_tree": 428, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "mount_setattr": 442,
    "unshare": 272, "setns": 308, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
    "add_key": 248, "request_key": 249, "keyctl": 250,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "kexec_load": 246, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "reboot": 169, "swapon": 167, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "socket": 41, "memfd_create": 319, "shmget": 29, "clone": 56, "clone3": 435,
    "kill": 62, "tkill": 200, "tgkill": 234, "rt_sigqueueinfo": 129,
    "rt_tgsigqueueinfo": 297, "pidfd_send_signal": 424,
}  # fmt: skip
_ARM = 0xC00000B7, {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
    "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "move_mount": 429,
    "open_tree": 428, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "mount_setattr": 442,
    "unshare": 97, "setns": 268, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
    "add_key": 217, "request_key": 218, "keyctl": 219,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "kexec_load": 104, "init_module": 105, "finit_module": 273, "delete_module": 106,
    "reboot": 142, "swapon": 224, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "socket": 198, "memfd_create": 279, "shmget": 194, "clone": 220, "clone3": 435,
    "kill": 129, "tkill": 130, "tgkill": 131, "rt_sigqueueinfo": 138,
    "rt_tgsigqueueinfo": 240, "pidfd_send_signal": 424,
}  # fmt: skip
MACHINES = {"x86_64": _X86, "aarch64": _ARM}
#: refused only where the program would share its processes with the machine
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
#: clone's flags that make namespaces
_NAMESPACES = 0x7E020000
_X32 = 0x40000000


def filter_program(machine: str, *, signals: bool) -> bytes:
    """The filter for `platform.machine()`, or nothing for one that is not known here.

    Args:
        machine: x86_64 or aarch64; others have other numbers.
        signals: whether the program may send signals.
    """
    if machine not in MACHINES:
        return b""
    arch, numbers = MACHINES[machine]
    code = [_step(_LOAD, 4), _step(_EQUAL, arch, 1, 0), _step(_RETURN, _KILL), _step(_LOAD, 0)]
    code += [_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _EPERM)]
    for name, number in numbers.items():
        if name == "clone" or (signals and name in SIGNALS):
            continue
        # glibc falls back from clone3, whose flags a filter cannot read, to clone
        answer = _ENOSYS if name == "clone3" else _EPERM
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, answer)]
    code += [_step(_EQUAL, numbers["clone"], 0, 3), _step(_LOAD, 16)]
    code += [_step(_ANY_BIT, _NAMESPACES, 0, 1), _step(_RETURN, _EPERM), _step(_RETURN, _ALLOW)]
    return b"".join(code)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
