"""Runs a command on a terminal of its own and hangs up when it is ready: hangup.py FILE COMMAND...

FILE is where the command writes if it does not write to the terminal. Prints what became of it within 2 s: "ended CODE" or "alive"; one
that is alive is ended with SIGTERM then.
"""

import os
import pty
import select
import signal
import sys
import time

file, command = sys.argv[1], sys.argv[2:]


def status(pid, seconds):
    end = time.time() + seconds
    while time.time() < end:
        done, code = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(code)
        time.sleep(0.05)
    return None


pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, end = b"", time.time() + 60
while b"ready on" not in shown and time.time() < end:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            shown += os.read(fd, 4096)
        except OSError:
            pass
    if os.path.exists(file):
        with open(file, "rb") as written:
            shown += written.read()
# The terminal goes away, as when its window is closed: the kernel sends SIGHUP to the session
# leader.
os.close(fd)
ended = status(pid, 2)
print("alive" if ended is None else f"ended {ended}")
if ended is None:
    os.kill(pid, signal.SIGTERM)
    print(f"ended {status(pid, 30)}")
