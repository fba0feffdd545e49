import copy
import heapq
import io
import json
import re
import statistics
import string
import textwrap
import time
import typing
from abc import ABC
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter, itemgetter
from pprint import pprint

import torch

x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
start = time.time()
(x * 2).sum().backward()
print(time.time() - start < 5, time.perf_counter() > 0)
print(json.dumps({"grad": x.grad.tolist()}, sort_keys=True), json.loads("[1, 2.5]"))
print(re.findall(r"\d+", "a1b22"), string.ascii_lowercase[:3], statistics.mean(x.tolist()))
print(heapq.nsmallest(2, x.tolist()), Fraction(1, 3) + 1, Decimal("0.1") * 3, timedelta(seconds=90))
print(sorted([("b", 2), ("a", 3)], key=itemgetter(1)), attrgetter("shape")(x))
pprint({"shape": tuple(x.shape), "nested": [[1, 2], [3]]})
print(textwrap.dedent("  indented"), copy.copy([1]), typing.get_type_hints(lambda: 1), issubclass(ABC, object))
buffer = io.StringIO()
print("to a buffer", file=buffer)
print(buffer.getvalue().strip(), io.BytesIO(b"abc").read())
memory = io.BytesIO()
torch.save({"x": x.detach()}, memory)
memory.seek(0)
print(torch.load(memory)["x"])
