"""What happens to a program that wants too much, or that reaches for what is not there."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from app.sandbox import Sandbox
from app.settings import Limits
from app.trace.model import Cut, Failure, Span
from tests.sandbox.running import children_of, run, until, zygotes

pytestmark = pytest.mark.asyncio(loop_scope="module")


# -- time --------------------------------------------------------------------------------------------------------------

STUBBORN = """print('begun')
while True:
    try:
        while True: pass
    except BaseException: pass
"""


@pytest.mark.parametrize(
    "source",
    [
        "print('begun')\nwhile True: pass",
        "print('begun')\nimport time\ntime.sleep(60)",
        "print('begun')\nsum(range(10**12))",
        "print('begun')\n10**10**10",
        STUBBORN,
    ],
    ids=["loop", "sleep", "native", "power", "stubborn"],
)
async def test_the_wall_clock_ends_everything_and_keeps_what_came(sandbox: Sandbox, source: str) -> None:
    trace = await run(sandbox, source, wall_seconds=1.5)
    assert trace.cut is not None
    assert (trace.cut.limit, trace.cut.value, trace.cut.unit) == ("wall_seconds", 1.5, "seconds")
    assert trace.output == "begun\n"


async def test_the_processors_clock_ends_a_loop(sandbox: Sandbox) -> None:
    trace = await run(sandbox, "print('begun')\nwhile True: pass", cpu_seconds=0.3, wall_seconds=8.0)
    assert trace.cut == Cut("cpu_seconds", 0.3, "seconds", Span(2, 1, 2, 17))
    assert trace.output == "begun\n"


async def test_prints_reach_the_server_without_another_event(sandbox: Sandbox) -> None:
    source = "import time\nfor number in range(5):\n    print(number)\n    time.sleep(0.1)\ntime.sleep(60)"
    assert (await run(sandbox, source, wall_seconds=3.0)).output == "0\n1\n2\n3\n4\n"


# -- memory and size ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "x = bytearray(10**10)",
        "x = [0] * 10**10",
        "import torch\nx = torch.zeros(10**10)",
        "x = []\nwhile True: x.append(bytearray(10**7))",
        "import torch\nx = []\nwhile True: x.append(torch.ones(10**6))",
        "x = 'a'\nwhile True: x += x",
    ],
)
async def test_memory_is_bounded(sandbox: Sandbox, source: str) -> None:
    trace = await run(sandbox, source)
    assert trace.failure is not None
    assert trace.failure.code in ("memory", "run-died")
    assert (await run(sandbox, "print(1)")).output == "1\n"


async def test_printed_output_is_bounded(sandbox: Sandbox) -> None:
    trace = await run(sandbox, "while True: print('x' * 100)", output_bytes=5000)
    assert trace.cut == Cut("output_bytes", 5000, "bytes", Span(1, 13, 1, 29))
    assert 4000 < len(trace.output) <= 5000


FLOOD = """import os, struct
print('begun')
event = b'{"event":"moment","moment":{"kind":"zero_grad"}}'
frame = struct.pack(">I", len(event)) + event
while True: os.write(3, frame)
"""


async def test_a_flood_of_sound_events_is_cut(sandbox: Sandbox) -> None:
    assert (await run(sandbox, FLOOD)).cut == Cut("moments", Limits().moments, "moments")
    assert (await run(sandbox, FLOOD, moments=10**9, reply_bytes=10**5)).cut == Cut("reply_bytes", 10**5, "bytes")


# -- lies --------------------------------------------------------------------------------------------------------------

SEND = """import os, struct
def send(text, length=None):
    data = text.encode()
    os.write(3, struct.pack(">I", len(data) if length is None else length) + data)
"""


@pytest.mark.parametrize(
    "lie",
    [
        "os.write(3, b'\\xff' * 1000)",
        "send('')",
        "send('{')",
        "send('{}')",
        "send('[' * 100000)",
        'send(\'{"event":"program","program":"again"}\')',
        'send(\'{"event":"graph","graph":{"id":"g7","nodes":[],"edges":[]}}\')',
        'send(\'{"event":"end","cut":{"limit":"x","value":NaN,"unit":"s"}}\')',
    ],
)
async def test_a_forged_reply_is_refused(sandbox: Sandbox, lie: str) -> None:
    # The program waits after its lie so that its own events cannot stand before it.
    trace = await run(sandbox, f"{SEND}\n{lie}\nimport time\ntime.sleep(5)")
    assert trace.failure == Failure("bad-reply")


async def test_a_forged_end_ends_the_run(sandbox: Sandbox) -> None:
    trace = await run(sandbox, f'{SEND}\nsend(\'{{"event":"end"}}\')\nwhile True: pass')
    assert (trace.failure, trace.cut) == (None, None)
    (zygote,) = zygotes()
    await until(lambda: len(children_of(zygote)) == sandbox.status.spares == 2)


async def test_a_slow_drip_meets_the_deadline(sandbox: Sandbox) -> None:
    source = "import os, time\nos.write(3, b'\\0\\0\\1\\0')\nwhile True:\n    os.write(3, b' ')\n    time.sleep(0.2)"
    trace = await run(sandbox, source, wall_seconds=1.0)
    assert trace.cut or trace.failure


async def test_a_child_that_reads_nothing_and_closes_early_is_dead(sandbox: Sandbox) -> None:
    trace = await run(sandbox, "import os\nos._exit(7)")
    assert trace.failure == Failure("run-died", {"signal": "exit 7"})


# -- crashes and what is not there -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "ended_by"),
    [
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ("import torch\ntorch.Tensor(cdata=1)", "SIGSEGV"),
        ("import os\nos.abort()", "SIGSEGV"),
        ("import os\nos.execv('/bin/sh', ['sh'])", "SIGSYS"),
        ("import ctypes\nctypes.CDLL(None).syscall(101, 0, 0, 0, 0)", "SIGSYS"),
        ("import ctypes\nctypes.CDLL(None).syscall(0x40000000 + 1, 1, 0, 0)", "SIGSYS"),
    ],
    ids=["null", "cdata", "abort", "exec", "ptrace", "x32"],
)
async def test_a_crash_is_contained(sandbox: Sandbox, source: str, ended_by: str) -> None:
    trace = await run(sandbox, "print('begun')\nimport time\ntime.sleep(0.1)\n" + source)
    assert trace.failure == Failure("run-died", {"signal": ended_by})
    assert trace.output == "begun\n"


@pytest.mark.parametrize(
    "source",
    [
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "open('out.txt', 'w')",
        "import os\nos.listdir('/')",
        "import os\nos.makedirs('out')",
        "import os\nos.remove('/tmp/canary')",
        "import os\nos.fork()",
        "import os\nos.kill(1, 9)",
        "import os\nos.setuid(0)",
        "import os\nos.pipe()",
        "import os\nos.dup(3)",
        "import os\nos.close(3)",
        "import os\nos.write(1, b'x')",
        "import os\nos.system('id')",
        "import subprocess\nsubprocess.run(['id'])",
        "import socket\nsocket.create_connection(('127.0.0.1', 80))",
        "import threading\nthreading.Thread(target=print).start()",
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)",
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
        "import torch\ntorch.save(torch.ones(1), 'x.pt')",
        "import torch\ntorch.load('x.pt')",
        "import mmap\nmmap.mmap(-1, 4096, prot=mmap.PROT_EXEC)",
    ],
)
async def test_what_is_not_there_ends_in_a_failure_not_in_a_crash(sandbox: Sandbox, source: str) -> None:
    trace = await run(sandbox, source + "\nprint('reached')")
    assert trace.failure is not None
    assert trace.failure.code not in ("run-died", "bad-reply")
    assert trace.output == ""


@pytest.mark.parametrize(
    ("source", "slug"),
    [
        ("import asyncio\nasync def f(): ...\nasyncio.run(f())", "no-event-loop"),
        ("import multiprocessing\nmultiprocessing.Pool(2)", "no-processes"),
        ("from torch.utils.data import DataLoader\nnext(iter(DataLoader([1], num_workers=2)))", "no-processes"),
        ("import logging\nlogging.basicConfig(filename='run.log')", "no-files"),
        ("import tempfile\ntempfile.TemporaryFile()", "no-files"),
        ("import torch\ntorch._dynamo.optimize()(torch.sin)(torch.ones(1))", "no-compile"),
        ("import torch\ntorch.jit.script(torch.nn.Linear(1, 1))", "no-sources"),
        ("import sys\nsys.stdin.read()", "no-input"),
        ("for line in __import__('sys').stdin: ...", "no-input"),
        ("input('name? ')", "no-input"),
    ],
)
async def test_what_is_refused_is_called_by_its_name(sandbox: Sandbox, source: str, slug: str) -> None:
    failure = (await run(sandbox, source)).failure
    assert failure is not None
    assert failure.code == slug
    assert failure.span is not None


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("import torch\ntorch.set_num_threads(4)\nx = torch.ones(600, 600)\nprint((x @ x)[0, 0].item())", "600.0\n"),
        ("import torch\ntorch.set_num_interop_threads(2)\nprint(torch.get_num_threads())", "1\n"),
        ("import sys\nsys.stderr.write('careful\\n')", "careful\n"),
        ("import logging\nlogging.warning('careful')", "WARNING:root:careful\n"),
        ("import sys\nprint(1)\nsys.exit()", "1\n"),
        ("import sys\nprint(1)\nsys.exit(0)", "1\n"),
        ("print(1)\nexit(False)", "1\n"),
        ("import argparse\nprint(argparse.ArgumentParser().parse_args())", "Namespace()\n"),
    ],
)
async def test_what_scripts_do_around_their_sums_works(sandbox: Sandbox, source: str, output: str) -> None:
    trace = await run(sandbox, source)
    assert (trace.output, trace.failure, trace.cut) == (output, None, None)


@pytest.mark.parametrize(
    ("end", "code", "printed"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit(True)", 1, ""),
        ("raise SystemExit(-1)", -1, ""),
        ("sys.exit('no data')", 1, "no data\n"),
        ("sys.exit('')", 1, "\n"),
        ("sys.exit([4])", 1, "[4]\n"),
        ("import argparse; argparse.ArgumentParser('it', usage='it x').parse_args(['--y'])", 2, "usage: it x\n"),
    ],
)
async def test_a_program_that_ends_itself_as_failed_has_failed(
    sandbox: Sandbox, end: str, code: int, printed: str
) -> None:
    source = f"import sys, torch\nx = torch.ones(1, requires_grad=True)\n(x * 2).sum().backward()\n{end}"
    trace = await run(sandbox, source)
    assert trace.failure is not None
    assert (trace.failure.code, trace.failure.parameters) == ("exited", {"code": code})
    assert trace.failure.span is not None
    assert trace.failure.span.line == 4
    assert trace.output.startswith(printed)
    assert len(trace.passes) == 1


async def test_a_fork_bomb_makes_no_process(sandbox: Sandbox) -> None:
    (zygote,) = zygotes()
    await until(lambda: len(children_of(zygote)) == sandbox.status.spares == 2)
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    task = asyncio.create_task(run(sandbox, bomb, wall_seconds=0.6))
    while not task.done():
        assert len(children_of(zygote)) <= 5
        await asyncio.sleep(0.05)
    assert (await task).cut is not None


# -- one run and the next ----------------------------------------------------------------------------------------------

LEAVE = """
import builtins, math, os, random, sys, torch, numpy, time, warnings
builtins.abs = lambda x: 42
builtins.print_ = print
math.pi = 3
os.environ['LEFT'] = 'behind'
sys.modules['json'] = None
sys.path.append('/left')
sys.setrecursionlimit(5000)
torch.manual_seed(99); random.seed(99); numpy.random.seed(99)
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.use_deterministic_algorithms(True)
torch.nn.Linear.forward = lambda self, x: x
torch.Tensor.left = 1
torch.optim.SGD.step = None
warnings.simplefilter('error')
hidden = torch.full((1000000,), 123456.0)
del hidden
print(abs(-1))
"""
FIND = """
import builtins, gc, json, math, os, random, sys, torch, numpy
x = torch.nn.Linear(1, 1)(torch.ones(1))
print(abs(-1), hasattr(builtins, 'print_'), math.pi == 3, dict(os.environ), '/left' in sys.path, json.dumps(1))
print(sys.getrecursionlimit() == 5000, torch.get_default_dtype(), torch.is_grad_enabled(), x.requires_grad)
print(torch.are_deterministic_algorithms_enabled(), hasattr(torch.Tensor, 'left'), torch.optim.SGD.step is None)
print((torch.empty(1000000) == 123456.0).any().item())
print(random.random(), torch.rand(1).item(), numpy.random.rand())
"""


async def test_two_runs_in_a_row_never_see_each_other(sandbox: Sandbox) -> None:
    before = await run(sandbox, FIND)
    assert before.failure is None
    for _ in range(3):
        assert (await run(sandbox, LEAVE)).output == "42\n"
        assert (await run(sandbox, FIND)).output == before.output
    assert "behind" not in before.output
    assert "{}" in before.output


async def test_a_run_sees_no_secret_of_the_servers(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_SECRET", "canary-in-the-environment")
    source = (
        "import gc, sys\n"
        "print([f.f_code.co_filename for f in [sys._getframe()]])\n"
        "print(any('canary-in-' + 'the-environment' in str(o) for o in gc.get_objects() if isinstance(o, (str, dict))))"
    )
    assert (await run(sandbox, source)).output.endswith("False\n")


async def test_limits_travel_with_the_job(sandbox: Sandbox) -> None:
    assert msgspec.structs.asdict(Limits())["output_bytes"] == 65536
    assert (await run(sandbox, "print('x' * 3000)", output_bytes=2000)).cut is not None
    assert (await run(sandbox, "print('x' * 3000)")).cut is None
