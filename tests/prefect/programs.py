"""
Runs programs that use Prefect, each in a fork of this process, which has imported it: that takes seconds of processor
time, and a fork a few hundredths.

Arguments: the path of a socket, and the process with which it ends. Each connection to the socket starts one program:
it carries a line of JSON that describes it, and is answered with a line that has its process id, and one with its exit
code. A program is killed when its connection closes, unless it is to be kept. All are when this process ends.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
import traceback

LISTENER, ENDED = "listener", "ended"


class Programs:
    def __init__(self, path, watched):
        self.watched = watched
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.wakeup, wakened = socket.socketpair()
        self.wakeup.setblocking(False)
        wakened.setblocking(False)
        signal.set_wakeup_fd(wakened.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.wakened = wakened
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, LISTENER)
        self.selector.register(self.wakeup, selectors.EVENT_READ, ENDED)
        # Connections by process id, and process ids by connection; a program that is kept has no connection.
        self.connections = {}
        self.requests = {}

    def serve(self):
        try:
            while is_running(self.watched):
                for key, _ in self.selector.select(timeout=1):
                    self.handle(key)
        finally:
            for pid in self.connections:
                kill(pid)

    def handle(self, key):
        if key.data == LISTENER:
            connection, _ = self.listener.accept()
            self.requests[connection] = b""
            self.selector.register(connection, selectors.EVENT_READ)
        elif key.data == ENDED:
            self.wakeup.recv(4096)
            self.reap()
        else:
            self.read(key.fileobj)

    def read(self, connection):
        try:
            said = connection.recv(65536)
        except ConnectionError:
            said = b""
        if not said:
            return self.close(connection)
        request = self.requests.get(connection, b"") + said
        self.requests[connection] = request
        if request.endswith(b"\n"):
            self.start(json.loads(request), connection)

    def start(self, program, connection):
        pid = os.fork()
        if pid == 0:
            self.leave()
            run(program)
        self.connections[pid] = None if program["keep"] else connection
        tell(connection, {"pid": pid})
        if program["keep"]:
            self.close(connection)

    def close(self, connection):
        self.selector.unregister(connection)
        self.requests.pop(connection, None)
        connection.close()
        for pid, owner in self.connections.items():
            if owner is connection:
                kill(pid)

    def reap(self):
        for pid, connection in list(self.connections.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended == 0:
                continue
            del self.connections[pid]
            if connection in self.requests:
                tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
                self.close(connection)

    def leave(self):
        """In the program: forgets all of this."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self.selector.close()
        for one in (self.listener, self.wakeup, self.wakened, *self.requests):
            one.close()


def run(program):
    """Never returns."""
    exit_code = 1
    try:
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
        for name, number in (("stdout", 1), ("stderr", 2)):
            file = os.open(program[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(file, number)
            os.close(file)
        os.chdir(program["cwd"])
        os.environ.clear()
        os.environ.update(program["env"])
        sys.argv = ["prefect", *program["args"]]
        prefect.context.refresh_global_settings_context()
        exec(compile(program["code"], "program", "exec"), {"__name__": "__main__"})
        exit_code = 0
    except SystemExit as error:
        exit_code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def tell(connection, word):
    try:
        connection.sendall(json.dumps(word).encode() + b"\n")
    except OSError:
        pass


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_running(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


# Those who connect meanwhile wait.
programs = Programs(sys.argv[1], int(sys.argv[2]))

import prefect.cli.deployment
import prefect.cli.flow_run
import prefect.cli.work_pool
import prefect.context
import prefect.server.api.server
import uvicorn

# What is there by now is shared with all programs: a collection would copy its pages.
gc.freeze()
programs.serve()
