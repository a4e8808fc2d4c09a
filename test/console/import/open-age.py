"""Opens an age file with the age command, typing its passphrase on a terminal of its own. Usage: open-age.py FILE < PASSPHRASE"""
import os
import pty
import sys

passphrase = sys.stdin.buffer.read()
inside, outside = os.pipe()
process, terminal = pty.fork()
if process == 0:
    os.dup2(outside, 1)
    os.execvp("age", ["age", "--decrypt", sys.argv[1]])
os.close(outside)
asked = b""
while b"passphrase" not in asked.lower():
    asked += os.read(terminal, 1024)
os.write(terminal, passphrase + b"\n")
with os.fdopen(inside, "rb") as opened:
    sys.stdout.buffer.write(opened.read())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
