"""Runs a command on a terminal of its own and types what it is asked: terminal.py TYPED... -- COMMAND...

Each TYPED is sent, with Enter, once a prompt ending in ": " is shown; prints all that the terminal showed; ends the command when it is ready.
"""

import os
import pty
import select
import signal
import sys
import time

split = sys.argv.index("--")
typed, command = sys.argv[1:split], sys.argv[split + 1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, seen, asked_to_end, end = b"", 0, False, time.time() + 30
while time.time() < end:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            shown += os.read(fd, 4096)
        except OSError:
            break
    if typed and shown.endswith(b": ") and len(shown) > seen:
        seen = len(shown)
        time.sleep(0.1)
        keys = typed.pop(0).encode()
        # Ctrl-C and Ctrl-D end a line themselves.
        os.write(fd, keys if keys.endswith((b"\x03", b"\x04")) else keys + b"\r")
    if b"ready on" in shown and not asked_to_end:
        asked_to_end = True
        os.kill(pid, signal.SIGTERM)
print(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
