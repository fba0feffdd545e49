"""What a program could leave behind for the next one, and how the next one would notice.

`leave` is what the first program does; `find` is an expression, or statements that set `seen`, in the next. A mark that
the wall refuses to make at all is `refused`; every other one must be visible to a `find` in the same run, or the test
of it would prove nothing.
"""

from __future__ import annotations

from textwrap import indent
from typing import NamedTuple

SECRET = 0x5EC2E7C0DE5EC2E7
# Written so that the program that looks for it does not hold it.
_SOUGHT = f"({SECRET ^ 0x1111111111111111} ^ 0x1111111111111111)"


class Mark(NamedTuple):
    """One trace that a program may leave."""

    leave: str
    find: str
    refused: bool = False


MARKS: dict[str, Mark] = {
    # -- Python ------------------------------------------------------------------------------------------------------
    "globals": Mark("left = 1", "'left' in globals()"),
    "builtins": Mark("import builtins\nbuiltins.left = 1", "import builtins\nseen = hasattr(builtins, 'left')"),
    "a builtin replaced": Mark("import builtins\nbuiltins.abs = lambda x: 42", "abs(-1)"),
    "a builtin type": Mark(
        "import gc\ngc.get_referents(int.__dict__)[0]['left'] = 1\nimport sys\nsys._clear_type_cache()",
        "'left' in int.__dict__",
    ),
    "a constant of a module": Mark("import math\nmath.pi = 3", "import math\nseen = math.pi"),
    "a constant in memory": Mark(
        "import ctypes, math\nctypes.c_double.from_address(id(math.tau) + 16).value = 1.0",
        "import math\nseen = math.tau",
    ),
    "a function of a module": Mark("import math\nmath.sqrt = abs", "import math\nseen = math.sqrt(4)"),
    "the code of a function": Mark(
        "import json\njson.dumps.__code__ = (lambda *a, **k: 'left').__code__", "import json\nseen = json.dumps(1)"
    ),
    "the defaults of a function": Mark(
        "import textwrap\ntextwrap.indent.__defaults__ = (lambda line: False,)",
        "import textwrap\nseen = textwrap.indent('a', '> ')",
    ),
    "a module of one's own": Mark(
        "import sys, types\nsys.modules['left'] = types.ModuleType('left')", "import sys\nseen = 'left' in sys.modules"
    ),
    "a module taken away": Mark("import sys\nsys.modules['json'] = None", "import json\nseen = json.dumps(1)"),
    "the import path": Mark("import sys\nsys.path.insert(0, '/left')", "import sys\nseen = '/left' in sys.path"),
    "import hooks": Mark("import sys\nsys.meta_path.clear()", "import sys\nseen = len(sys.meta_path)"),
    "the environment": Mark("import os\nos.environ['LEFT'] = 'left'", "import os\nseen = dict(os.environ)"),
    "the environment in C": Mark(
        "import ctypes\nctypes.CDLL(None).setenv(b'LEFT', b'left', 1)",
        "import ctypes\nc = ctypes.CDLL(None)\nc.getenv.restype = ctypes.c_char_p\nseen = c.getenv(b'LEFT')",
    ),
    "source lines": Mark(
        "import linecache\nlinecache.cache['left.py'] = (4, None, ['left'], 'left.py')",
        "import linecache\nseen = [name for name in linecache.cache if 'left' in name]",
    ),
    "exit functions": Mark(
        "import atexit\natexit.register(print, 'left')", "import atexit\nseen = atexit._ncallbacks()"
    ),
    "the collector": Mark("import gc\ngc.disable()", "import gc\nseen = gc.isenabled()"),
    "the collector's callbacks": Mark(
        "import gc\ngc.callbacks.append(print)", "import gc\nseen = print in gc.callbacks"
    ),
    "garbage": Mark(
        "import gc\nclass Left: pass\ngc.garbage.append(Left())",
        "import gc\nseen = [type(one).__name__ for one in gc.get_objects() if type(one).__name__ == 'Left']",
    ),
    "subclasses": Mark(
        "import torch\nclass Left(torch.nn.Module): pass\ntorch.nn.kept = Left",
        "import torch\nseen = 'Left' in [one.__name__ for one in torch.nn.Module.__subclasses__()]",
    ),
    "warnings": Mark(
        "import warnings\nwarnings.filterwarnings('error', 'left')",
        "import warnings\nseen = any('left' in str(entry) for entry in warnings.filters)",
    ),
    "warnings shown once": Mark(
        "import json, warnings\njson.__warningregistry__ = {'left': True}",
        "import json\nseen = getattr(json, '__warningregistry__', None)",
    ),
    "the recursion limit": Mark(
        "import sys\nsys.setrecursionlimit(5000)", "import sys\nseen = sys.getrecursionlimit()"
    ),
    "the switch interval": Mark("import sys\nsys.setswitchinterval(1)", "import sys\nseen = sys.getswitchinterval()"),
    "tracing": Mark("import sys\nsys.settrace(lambda *a: None)", "import sys\nseen = sys.gettrace() is not None"),
    "profiling": Mark("import sys\nsys.setprofile(lambda *a: None)", "import sys\nseen = sys.getprofile() is not None"),
    "the exception hook": Mark(
        "import sys\nsys.excepthook = print", "import sys\nseen = sys.excepthook is sys.__excepthook__"
    ),
    "the audit hooks": Mark(
        "import sys\nsys.addaudithook(lambda *a: setattr(sys, 'left', 1))\nimport os\nos.getpid()\nsys.audit('left')",
        "import sys\nseen = hasattr(sys, 'left')",
    ),
    "regular expressions": Mark(
        "import re\nre.compile('left+right')", "import re\nseen = 'left' in str(list(re._cache))"
    ),
    "pickling": Mark(
        "import copyreg\ncopyreg.pickle(complex, print)",
        "import copyreg\nseen = copyreg.dispatch_table[complex] is print",
    ),
    "codecs": Mark(
        "import codecs\ncodecs.register_error('left', lambda e: ('', e.end))",
        "import codecs\ntry:\n    codecs.lookup_error('left')\n    seen = True\nexcept LookupError:\n    seen = False",
    ),
    "decimals": Mark(
        "import decimal\ndecimal.getcontext().prec = 3", "import decimal\nseen = decimal.getcontext().prec"
    ),
    "context variables": Mark(
        "import contextvars, builtins\nbuiltins.var = contextvars.ContextVar('left')\nvar.set(1)",
        "import contextvars\nseen = [var.name for var in contextvars.copy_context()]",
    ),
    "abstract classes": Mark(
        "import collections.abc\ncollections.abc.Mapping.register(int)",
        "import collections.abc\nseen = isinstance(1, collections.abc.Mapping)",
    ),
    "a cached function": Mark(
        "import fnmatch\nfnmatch.translate('left')\nfnmatch._compile_pattern('left')",
        "import fnmatch\nseen = fnmatch._compile_pattern.cache_info().currsize",
    ),
    "loggers": Mark(
        "import logging\nlogging.getLogger('left').setLevel(1)",
        "import logging\nseen = 'left' in logging.Logger.manager.loggerDict",
    ),
    "the clock": Mark("import time\ntime.monotonic = time.time = lambda: 0.0", "import time\nseen = time.time() > 1"),
    "standard error": Mark(
        "import io, sys\nsys.stderr = io.StringIO()", "import sys\nseen = type(sys.stderr).__name__"
    ),
    # -- chance ------------------------------------------------------------------------------------------------------
    "Python's seed": Mark("import random\nrandom.seed(99)", "import random\nseen = random.random()"),
    "torch's seed": Mark("import torch\ntorch.manual_seed(99)", "import torch\nseen = torch.rand(2).tolist()"),
    "numpy's seed": Mark("import numpy\nnumpy.random.seed(99)", "import numpy\nseen = numpy.random.rand()"),
    # -- numpy -------------------------------------------------------------------------------------------------------
    "numpy's errors": Mark("import numpy\nnumpy.seterr(all='raise')", "import numpy\nseen = numpy.geterr()"),
    "numpy's printing": Mark(
        "import numpy\nnumpy.set_printoptions(precision=1)",
        "import numpy\nseen = numpy.get_printoptions()['precision']",
    ),
    "numpy patched": Mark("import numpy\nnumpy.mean = None", "import numpy\nseen = callable(numpy.mean)"),
    # -- torch -------------------------------------------------------------------------------------------------------
    "a function of torch": Mark(
        "import torch\ntorch.sin = torch.cos", "import torch\nseen = torch.sin(torch.zeros(()))"
    ),
    "a method of tensors": Mark(
        "import torch\ntorch.Tensor.backward = lambda self: None",
        "import torch\nx = torch.ones((), requires_grad=True)\n(x * 2).backward()\nseen = x.grad",
    ),
    "an attribute of tensors": Mark(
        "import torch\ntorch.Tensor.left = 1", "import torch\nseen = hasattr(torch.ones(1), 'left')"
    ),
    "a layer": Mark(
        "import torch\ntorch.nn.Linear.forward = lambda self, x: x",
        "import torch\nseen = torch.nn.Linear(1, 1)(torch.ones(1)).requires_grad",
    ),
    "an optimizer": Mark(
        "import torch\ntorch.optim.SGD.step = None", "import torch\nseen = torch.optim.SGD.step is None"
    ),
    "the default dtype": Mark(
        "import torch\ntorch.set_default_dtype(torch.float64)", "import torch\nseen = torch.ones(1).dtype"
    ),
    "the default device": Mark(
        "import torch\ntorch.set_default_device('meta')", "import torch\nseen = torch.ones(1).device"
    ),
    "grad mode": Mark("import torch\ntorch.set_grad_enabled(False)", "import torch\nseen = torch.is_grad_enabled()"),
    "determinism": Mark(
        "import torch\ntorch.use_deterministic_algorithms(True)",
        "import torch\nseen = torch.are_deterministic_algorithms_enabled()",
    ),
    "anomaly mode": Mark(
        "import torch\ntorch.autograd.set_detect_anomaly(True)", "import torch\nseen = torch.is_anomaly_enabled()"
    ),
    "denormals": Mark(
        "import torch\ntorch.set_flush_denormal(True)",
        "import torch\nseen = (torch.tensor(1e-310, dtype=torch.float64) / 2).item()",
    ),
    "autocast": Mark(
        "import torch\ntorch.set_autocast_enabled('cpu', True)", "import torch\nseen = torch.is_autocast_enabled('cpu')"
    ),
    "torch's printing": Mark(
        "import torch\ntorch.set_printoptions(precision=1)", "import torch\nseen = str(torch.tensor(3.14159))"
    ),
    "precision of matmul": Mark(
        "import torch\ntorch.set_float32_matmul_precision('medium')",
        "import torch\nseen = torch.get_float32_matmul_precision()",
    ),
    "hooks on every module": Mark(
        "import torch\ntorch.nn.modules.module.register_module_forward_hook(lambda m, a, o: o * 0)",
        "import torch\nseen = torch.nn.Identity()(torch.ones(1)).item()",
    ),
    "hooks on every optimizer": Mark(
        "from torch.optim.optimizer import register_optimizer_step_pre_hook\nregister_optimizer_step_pre_hook(print)",
        "from torch.optim.optimizer import _global_optimizer_pre_hooks\nseen = len(_global_optimizer_pre_hooks)",
    ),
    "hooks on saved tensors": Mark(
        "import torch\ntorch._C._autograd._push_saved_tensors_default_hooks(lambda t: t, lambda t: t * 0)",
        "import torch\nx = torch.ones((), requires_grad=True)\n(x * x).backward()\nseen = x.grad",
    ),
    "a function mode": Mark(
        "import torch\nfrom torch.overrides import TorchFunctionMode\nclass Left(TorchFunctionMode):\n"
        "    def __torch_function__(self, f, t, a=(), k=None):\n        return f(*a, **(k or {}))\nLeft().__enter__()",
        "import torch\nseen = torch._C._len_torch_function_stack()",
    ),
    "a dispatch mode": Mark(
        "import torch\nfrom torch.utils._python_dispatch import TorchDispatchMode\nclass Left(TorchDispatchMode):\n"
        "    def __torch_dispatch__(self, f, t, a=(), k=None):\n        return f(*a, **(k or {}))\nLeft().__enter__()",
        "import torch\nseen = torch._C._len_torch_dispatch_stack()",
    ),
    "operators": Mark(
        "import torch\nlibrary = torch.library.Library('left', 'DEF')\nlibrary.define('mark(Tensor x) -> Tensor')\n"
        "torch.kept = library",
        "import torch\nseen = hasattr(torch.ops.left, 'mark')",
    ),
    "kernels": Mark(
        "import torch\nlibrary = torch.library.Library('aten', 'IMPL')\n"
        "library.impl('sin', lambda x: x.clone().fill_(42), 'CPU')\ntorch.kept = library",
        "import torch\nseen = torch.sin(torch.zeros(1)).item()",
    ),
    # -- the recorder ------------------------------------------------------------------------------------------------
    "the recorder": Mark(
        "import app.tracer.recorder as recorder\nrecorder.Recorder.diagnose = None\nrecorder.left = 1",
        "import app.tracer.recorder as recorder\nseen = hasattr(recorder, 'left')",
    ),
    "the encoder": Mark(
        "import app.trace.codec as codec\ncodec.left = 1",
        "import app.trace.codec as codec\nseen = hasattr(codec, 'left')",
    ),
    "the limits": Mark(
        "import app.settings as settings\nsettings.Limits.__struct_defaults__[0]\nsettings.Limits.left = 1",
        "import app.settings as settings\nseen = hasattr(settings.Limits, 'left')",
    ),
    # -- memory ------------------------------------------------------------------------------------------------------
    "freed tensors": Mark(
        f"import torch\nkept = [torch.full((n,), {SECRET}) for n in (64, 1000, 30000, 1000000)]\ndel kept",
        f"import torch\nseen = any((torch.empty(n, dtype=torch.int64) == {_SOUGHT}).any().item()"
        " for n in (64, 1000, 30000, 1000000) for _ in range(8))",
        refused=True,  # the allocator blanks what is freed
    ),
    "kept tensors": Mark(
        f"import torch\ntorch.kept = torch.full((1000,), {SECRET})",
        f"import gc, torch\nseen = any(type(one) is torch.Tensor and one.dtype == torch.int64 and one.numel()"
        f" and (one == {_SOUGHT}).any().item() for one in [*gc.get_objects(), *vars(torch).values()])",
    ),
    "memory of C": Mark(
        f"import ctypes\nlibc = ctypes.CDLL(None)\nlibc.malloc.restype = ctypes.c_void_p\n"
        f"block = libc.malloc(200000)\nctypes.memmove(block, {SECRET}.to_bytes(8, 'little') * 25000, 200000)\n"
        "import builtins\nbuiltins.block = block",
        f"import ctypes\nlibc = ctypes.CDLL(None)\nlibc.malloc.restype = ctypes.c_void_p\n"
        f"sought = {_SOUGHT}.to_bytes(8, 'little')\n"
        "blocks = [libc.malloc(n) for n in (64, 1000, 200000, 200000, 3000000)] + [globals().get('block')]\n"
        "seen = any(sought in ctypes.string_at(block, 64) for block in blocks if block)",
    ),
    "texts": Mark(
        "import sys\nleft = sys.intern('le' + 'ft-' + 'x' * 40)\nsys.left = left",
        "import gc\nsought = 'left-' + 'x' * 40\nseen = any(type(one) is dict and sought in map(str, one.values())"
        " for one in gc.get_objects() if type(one) is dict and len(one) < 2000)",
    ),
    # -- what the wall refuses ---------------------------------------------------------------------------------------
    "a descriptor": Mark(
        "import os, socket\nfor make in (os.pipe, lambda: os.dup(3), socket.socket, lambda: os.memfd_create('left'),"
        " lambda: os.eventfd(1)):\n    try:\n        make()\n    except (OSError, ValueError):\n        pass",
        "import os\nseen = []\nfor number in range(64):\n    try:\n        os.read(number, 0)\n"
        "        seen.append(number)\n    except OSError:\n        pass",
        refused=True,
    ),
    "a thread": Mark(
        "import threading\ntry:\n    threading.Thread(target=print).start()\nexcept RuntimeError:\n    pass",
        "import threading\nseen = threading.active_count() == 1",
        refused=True,
    ),
    "a child": Mark(
        "import os\ntry:\n    os.fork()\nexcept OSError:\n    pass",
        "import os\ntry:\n    seen = os.waitpid(-1, os.WNOHANG)\n"
        "except OSError as error:\n    seen = type(error).__name__",
        refused=True,
    ),
    "a signal handler": Mark(
        "import signal\ntry:\n    signal.signal(signal.SIGTERM, print)\nexcept OSError:\n    pass",
        "import signal\nseen = signal.getsignal(signal.SIGTERM)",
        refused=True,
    ),
    "a file": Mark(
        "try:\n    open('/tmp/left-behind', 'w').write('left')\nexcept OSError:\n    pass",
        "try:\n    seen = open('/tmp/left-behind').read()\nexcept OSError as error:\n    seen = type(error).__name__",
        refused=True,
    ),
    "shared memory": Mark(
        "try:\n    from multiprocessing import shared_memory\n    shared_memory.SharedMemory('left', True, 100)\n"
        "except (OSError, ImportError):\n    pass",
        "try:\n    from multiprocessing import shared_memory\n    seen = shared_memory.SharedMemory('left').size\n"
        "except (OSError, ImportError) as error:\n    seen = 'none'",
        refused=True,
    ),
    "a limit of the kernel": Mark(
        "import resource\ntry:\n    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
        "except (OSError, ValueError):\n    pass",
        "import resource\ntry:\n    seen = resource.getrlimit(resource.RLIMIT_CPU)\nexcept OSError as error:\n"
        "    seen = type(error).__name__",
        refused=True,
    ),
}


def finder(mark: Mark, name: str) -> str:
    """A program's part that prints what it finds of one mark, whatever becomes of it."""
    body = mark.find if "seen = " in mark.find or "seen=" in mark.find else f"seen = {mark.find}"
    return (
        f"def find():\n    global seen\n{indent(body, '    ')}\n"
        f"try:\n    find()\nexcept BaseException as error:\n    seen = repr(error)\nprint({name!r}, '|', seen)\n"
    )


FIND_ALL = "".join(finder(mark, name) for name, mark in MARKS.items())
"""A program that looks for every mark."""


def leave_all() -> str:
    """A program that leaves every mark that does not end it, each after the other."""
    return "".join(
        f"try:\n    exec({mark.leave!r}, globals())\nexcept BaseException:\n    pass\n" for mark in MARKS.values()
    )
