"""Identifiers are made together, before what uses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_MODULE = """
class Holder:
    cold_of_a_class = 1

    def hot_method(self, argument):
        return [hot_global.hot_attribute for one in argument], "hot_constant", "no identifier"
"""
_SCRIPT = """
import sys
from pathlib import Path
from app.identifiers import gather_identifiers

found = gather_identifiers([Path(sys.argv[1])])
sys.path.insert(0, sys.argv[1])
import a_module
used = a_module.Holder.hot_method.__code__
assert {id(name) for name in used.co_names} <= set(map(id, found))
print(*found)
"""


def test_the_names_in_functions_are_those_that_their_code_then_has(tmp_path: Path) -> None:
    (tmp_path / "a_module.py").write_text(_MODULE)
    run = subprocess.run([sys.executable, "-c", _SCRIPT, str(tmp_path)], check=True, capture_output=True, text=True)
    found = run.stdout.split()
    assert {"hot_method", "Holder.hot_method", "hot_constant", "Holder.hot_method.<locals>.<listcomp>"} <= set(found)
    assert not {"cold_of_a_class", "no", "argument"} & set(found)
