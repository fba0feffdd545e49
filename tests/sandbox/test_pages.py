"""The zygote's memory in large pages."""

from __future__ import annotations

from app.sandbox import pages


def test_only_whole_stretches_of_own_memory_are_asked_for() -> None:
    large = 2 * 1024 * 1024
    kept = bytearray(8 * large)
    stretches = list(pages._large_stretches())
    assert len(stretches) >= 7
    assert all(address % large == 0 for address in stretches)
    assert 0 <= pages.gather_pages() <= len(stretches) + 8
    assert kept == bytes(8 * large)
