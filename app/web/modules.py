"""Which modules a page needs at once, so that the browser asks for all of them before it has read the first."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"
IMPORT = re.compile(r'^(?:import|export)\s[^;"]*?from\s"(\.[^"]+)"', re.MULTILINE)
"""A static import; what is fetched by `import(…)` comes when it is first wanted."""


class Modules:
    """Follows imports from one module to the next; a file is read again only when it has changed."""

    def __init__(self, root: Path = STATIC) -> None:
        self.root = root
        self.known: dict[str, tuple[int, tuple[str, ...]]] = {}

    def closure(self, entry: str) -> list[str]:
        """List what a module imports, and what that imports, nearest first.

        Args:
            entry: a path below the root, such as `main.js`.

        Returns:
            Paths below the root without the entry itself.
        """
        found = [entry]
        for name in found:
            found += [imported for imported in self._imports(name) if imported not in found]
        return found[1:]

    def _imports(self, name: str) -> tuple[str, ...]:
        file = self.root / name
        changed = file.stat().st_mtime_ns
        if name not in self.known or self.known[name][0] != changed:
            folder = posixpath.dirname(name)
            paths = IMPORT.findall(file.read_text("utf-8")) if not name.startswith("vendor/") else []
            imports = dict.fromkeys(posixpath.normpath(posixpath.join(folder, path)) for path in paths)
            self.known[name] = (changed, tuple(imports))
        return self.known[name][1]
