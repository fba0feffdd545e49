"""What the operating system refused, in the words of the program's author: files, network, processes, threads."""

from __future__ import annotations

import re
from types import CodeType

from app.errors import Parameter

AVAILABLE = (
    "torch", "numpy", "math", "random", "itertools", "functools", "collections", "dataclasses", "typing", "copy", "re",
    "json", "string", "enum", "abc", "operator", "statistics", "time",
)  # fmt: skip
BY_MODULE = (
    ("no-compile", r"torch/_(?:dynamo|inductor)/|torch/utils/cpp_extension|torch/utils/_cpp"),
    ("no-sources", r"torch/(?:jit/_(?:check|recursive|script)|_sources)\.py"),
    ("no-event-loop", r"/asyncio/"),
    (
        "no-network",
        r"/(?:socket|ssl)\.py|/(?:urllib|http)/|/(?:ftplib|smtplib|poplib|imaplib)\.py|torch/hub\.py",
    ),
    ("no-processes", r"/subprocess\.py|/multiprocessing/|/concurrent/futures/process\.py|/pty\.py"),
    ("no-threads", r"/threading\.py|/concurrent/futures/thread\.py"),
    ("no-processes", r"/torch/utils/data/dataloader\.py"),
    ("no-files", r"/logging/|/(?:pathlib|shutil|tempfile|glob|posixpath)\.py"),
)
BY_CALL = (
    ("no-sleep", r"\bsleep\b"),
    ("no-network", r"\b(?:socket|create_connection|urlopen|urlretrieve|requests|getaddrinfo|connect)\b"
                   r"|load_state_dict_from"),
    ("no-processes", r"\b(?:fork|forkpty|system|popen|Popen|exec[lv]\w*|spawn\w*|posix_spawn\w*|kill|killpg|run)\b"),
    ("no-threads", r"\b(?:Thread|start_new_thread)\b"),
    ("no-files", r"\b(?:open|read_csv|loadtxt|savetxt|load|save|listdir|mkdir|makedirs|stat|walk|exists|glob|unlink"
                 r"|remove|rename|rmdir|getcwd|chdir|scandir|read_text|write_text|read_bytes|write_bytes|memmap)\b"),
)  # fmt: skip
RAISED_BY_HAND = re.compile(r"raise\s+[\w.]+\s*\(")
REFUSED = re.compile(
    r"Operation not permitted|Permission denied|Read-only file system|No such file or directory|Not a directory"
    r"|Function not implemented|Bad file descriptor|Too many open files|File too large|No such device"
    r"|Resource temporarily unavailable|Temporary failure in name resolution|Name or service not known"
    r"|unable to open file|cannot be opened|can't start new thread"
)


def importable() -> str:
    """List what programs can import, for the sentence about a module that they cannot."""
    return ", ".join(AVAILABLE)


def refused(kind: type, message: str, codes: list[CodeType], text: str) -> tuple[str, dict[str, Parameter]] | None:
    """Tell what the operating system refused.

    Args:
        kind: class of the exception.
        message: its message.
        codes: code of the frames it went through, outermost first.
        text: the stretch of the program that failed.

    Returns:
        The slug and its parameters; None if this was no refusal.
    """
    is_of_system = issubclass(kind, OSError)
    if is_of_system and RAISED_BY_HAND.match(text):
        return None
    if not is_of_system and not REFUSED.search(message):
        return None
    names = "\n".join(code.co_filename for code in codes)
    for slug, pattern in BY_MODULE:
        if re.search(pattern, names):
            return slug, {}
    for slug, pattern in BY_CALL:
        if re.search(pattern, text):
            return slug, {}
    if is_of_system and ("'" in message or "No such file" in message):  # the message ends in the name of the file
        return "no-files", {}
    return ("not-permitted", {"message": message}) if is_of_system else None
