"""Programs that mean harm, run for real."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.contained.runner import seen

#: what the program may read beside its own folder
LIBRARIES = seen(os.path.realpath(sys.executable))["binds"]


def test_only_python_libraries_and_three_devices_can_be_seen() -> None:
    prefix = os.path.realpath(sys.base_prefix)
    for path in LIBRARIES:
        assert path.startswith((prefix, "/usr/lib", "/lib", "/usr/local/lib", "/dev/")) or (
            path == os.path.realpath(sys.executable)
        )
    assert "/dev/kvm" not in LIBRARIES


def test_a_fork_bomb_stops_at_the_limit_and_leaves_nothing(box: Any, named: Any) -> None:
    code = """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""
    done = box(code, wall_s=1.0, memory_mb=2000)
    assert done.stopped == "time"
    assert done.seconds < 10
    assert named("main.py") == []


def test_no_more_processes_than_the_limit(box: Any) -> None:
    code = """
import os, time
made = 1
try:
    while True:
        if os.fork() == 0:
            time.sleep(30)
        made += 1
except BlockingIOError:
    print(made)
"""
    assert box(code, processes=7, memory_mb=2000).stdout == "7\n"


def test_the_network_cannot_be_reached(box: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        code = f"""
import socket
for make in (lambda: socket.create_connection(("127.0.0.1", {port}), 1),
             lambda: socket.socket(socket.AF_UNIX), lambda: socket.socket(40, 1)):
    try:
        make()
        print("open")
    except OSError as error:
        print(type(error).__name__)
"""
        assert box(code).stdout == "PermissionError\n" * 3
        with pytest.raises(TimeoutError):
            server.accept()


def test_without_a_socket_there_is_no_interface_either(box: Any) -> None:
    code = "import os\nprint(os.path.exists('/sys'), os.path.exists('/proc'))"
    assert box(code).stdout == "False False\n"


def test_the_files_of_the_machine_are_not_there(box: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret-of-the-machine.txt"
    secret.write_text("hidden")
    tmp_path.chmod(0o755)
    code = f"""
import os
libraries, seen = {LIBRARIES!r}, []
for folder, inner, names in os.walk("/"):
    inner[:] = [n for n in inner if os.path.join(folder, n) not in libraries]
    seen += [os.path.join(folder, n) for n in names]
print(len(seen) < 10, any("secret-of-the-machine" in s for s in seen))
for path in ({str(secret)!r}, "/etc/passwd", "/etc/shadow", "/root/.bashrc", {__file__!r}):
    print(os.path.exists(path), end=" ")
print(sorted(os.listdir(".")), os.getcwd(), os.environ["HOME"])
"""
    lines = box(code).stdout.splitlines()
    assert lines == ["True False", "False False False False False ['main.py'] /box /box"]


def test_nothing_is_written_outside_of_the_folder(box: Any) -> None:
    code = (
        f"LIBRARIES = {LIBRARIES!r}"
        + """
import os
refused = 0
folders = []
for folder, inner, _ in os.walk("/"):
    inner[:] = [] if folder in LIBRARIES else [n for n in inner if n != "box"]
    folders.append(folder)
for folder in folders:
    try:
        open(os.path.join(folder, "left-behind-by-the-box"), "w").write("x")
    except OSError:
        refused += 1
print(refused == len(folders), len(folders) > 3)
open("/dev/null", "w").write("fine")
open("inside", "w").write("fine")
print(open("inside").read())
"""
    )
    assert box(code).stdout.splitlines() == ["True True", "fine"]
    assert not Path(sys.base_prefix, "left-behind-by-the-box").exists()


def test_ten_gigabytes_are_refused(box: Any) -> None:
    code = """
try:
    bytearray(10 << 30)
except MemoryError:
    print("refused")
import mmap
try:
    mmap.mmap(-1, 10 << 30)
except OSError:
    print("refused")
"""
    assert box(code).stdout == "refused\nrefused\n"


def test_memory_is_limited_for_all_processes_together(box: Any) -> None:
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        kept = b"x" * (60 << 20)
        time.sleep(30)
time.sleep(30)
"""
    done = box(code, memory_mb=128, wall_s=20.0)
    assert done.stopped == "memory"
    assert done.returncode is None


def test_an_endless_loop_ends(box: Any, named: Any) -> None:
    code = """
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
"""
    done = box(code, wall_s=0.5)
    assert (done.stopped, done.returncode) == ("time", None)
    assert named("main.py") == []


def test_cpu_time_is_limited(box: Any) -> None:
    done = box("while True: pass", cpu_s=1, wall_s=20.0)
    assert (done.stopped, done.returncode) == ("", -9)


def test_huge_output_is_cut(box: Any) -> None:
    done = box("while True: print('x' * 1000)", output_bytes=5000)
    assert done.stopped == "output"
    assert done.stdout == ("x" * 1000 + "\n") * 4 + "x" * 996


def test_a_daemon_dies_with_the_program(box: Any, named: Any) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (0, 1, 2, 3):
            os.close(number)
        time.sleep(600)
    os._exit(0)
time.sleep(0.1)
print("gone")
"""
    done = box(code)
    assert (done.stdout, done.returncode) == ("gone\n", 0)
    assert done.seconds < 5
    assert named("main.py") == []


def test_files_cannot_fill_anything_up(box: Any) -> None:
    code = """
import os
try:
    open("one", "wb").write(bytes(3 << 20))
except OSError as error:
    print(error.errno)
os.truncate("one", 0)
import signal
try:
    for i in range(100):
        open(f"many{i}", "wb").write(bytes(1 << 20))
except OSError as error:
    print(error.errno, i < 10)
"""
    # EFBIG is 27, ENOSPC 28.
    assert box(code, file_mb=2, folder_mb=5).stdout.splitlines() == ["27", "28 True"]


def test_the_environment_is_scrubbed(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "hunter2")
    done = box("import os\nprint('A_SECRET_TOKEN' in os.environ, len(os.environ))")
    assert done.stdout == "False 6\n"


def test_no_file_descriptor_leaks_in(box: Any, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        code = """
import os
def there(n):
    try:
        os.fstat(n)
        return True
    except OSError:
        return False
print([n for n in range(1024) if there(n)])
"""
        assert box(code).stdout == "[0, 1, 2, 3]\n"


def test_dangerous_calls_are_refused_and_it_is_no_root(box: Any) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None)
print(os.getuid() != 0, os.getpid())
print([libc.unshare(0x10000000), libc.mount(b"x", b"/box", b"tmpfs", 0, None),
       libc.ptrace(16, 1, 0, 0), libc.chroot(b"/box"), libc.setuid(0),
       libc.clone(None, None, 0x10000000, None)])
for target in (1, -1):
    try:
        os.kill(target, 9)
    except OSError as error:
        print(type(error).__name__)
"""
    done = box(code)
    first, second = done.stdout.splitlines()[:2]
    assert first == "True 2"  # process 2 of its namespace: it sees no other of the machine
    assert second == "[-1, -1, -1, -1, -1, -1]"


def test_standard_input_is_what_was_given_and_can_be_left_unread() -> None:
    from rewardsmith.contained import containment, run_contained

    if containment() != "namespaces":
        pytest.skip("no namespaces")
    given = "a line\n" * 100_000
    code = "import sys\nprint(len(sys.stdin.read()))"
    assert run_contained({}, ["-c", code], given=given).stdout == "700000\n"
    begun = time.monotonic()
    assert run_contained({}, ["-c", "print(1)"], given=given).stdout == "1\n"
    assert time.monotonic() - begun < 5
