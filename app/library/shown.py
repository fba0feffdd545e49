"""A trace in the page: a server in a process of its own, on a free port of loopback."""

from __future__ import annotations

import atexit
import subprocess
import sys
import webbrowser
from pathlib import Path

_ROOT = Path(__file__).parents[2]


class Shown:
    """A page that shows a trace, while its server runs.

    Args:
        process: the server.
        address: of the page.
    """

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process = process
        self.address = address
        atexit.register(self.close)

    def wait(self) -> None:
        """Wait until the server ends or the user interrupts, and end it."""
        try:
            self._process.wait()
        except KeyboardInterrupt:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """End the server; the page stays as it is."""
        atexit.unregister(self.close)
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __repr__(self) -> str:
        """Where the page is."""
        return f"<Shown at {self.address}>"


def show_in_page(file: bytes, block: bool | None) -> Shown:
    """Start a server with a trace, and open its page.

    Args:
        file: the trace, as a file holds it.
        block: as `Trace.show` takes it.

    Raises:
        RuntimeError: the server does not start.
    """
    # The package may stand in a folder that only this process's path names.
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(_ROOT)!r}); import app.cli; app.cli.main()"]
    process = subprocess.Popen(
        [*command, "open", "--no-browser", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as pipe:
        pipe.write(file.decode())
    address = process.stdout.readline().strip().rpartition(" ")[2]
    if not address:
        process.wait()
        process.stdout.close()
        raise RuntimeError("the server of the page did not start")
    shown = Shown(process, address)
    print(f"Autograd Explorer: {address}", flush=True)
    webbrowser.open(address)
    if block or (block is None and not _is_interactive()):
        shown.wait()
    return shown


def _is_interactive() -> bool:
    return hasattr(sys, "ps1") or "IPython" in sys.modules
