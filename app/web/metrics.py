"""What Prometheus reads: a registry of this app's own, so that two apps in one process never mix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.002, 0.004, 0.006, 0.008, 0.012, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters and clocks of one app."""

    def __init__(self, read_state: Callable[[], Mapping[str, float]]) -> None:
        """Make an empty registry.

        Args:
            read_state: the sandbox's numbers as they are just now, by name; asked for at each scrape.
        """
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "explorer_requests", "Requests answered.", ("route", "method", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "explorer_request_seconds", "From request to answer.", ("route",), buckets=SECONDS, registry=self.registry
        )
        self.requests_open = Gauge("explorer_requests_open", "Requests being answered.", registry=self.registry)
        self.runs = Counter("explorer_runs", "Runs by how they ended.", ("outcome",), registry=self.registry)
        self.run_seconds = Histogram(
            "explorer_run_seconds", "From asking for a run to its end.", buckets=SECONDS, registry=self.registry
        )
        self.cache = Counter("explorer_cache", "How the cache served requests.", ("use",), registry=self.registry)
        self.registry.register(StateCollector(read_state))

    def count_cache(self, use: str) -> None:
        """Count one request as "hit", "shared" or "miss"."""
        self.cache.labels(use).inc()

    def write(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self.registry)


class StateCollector(Collector):
    """Reads the sandbox at the moment of a scrape instead of mirroring each change."""

    def __init__(self, read_state: Callable[[], Mapping[str, float]]) -> None:
        self.read_state = read_state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one gauge for each number."""
        for name, value in self.read_state().items():
            yield GaugeMetricFamily(f"explorer_sandbox_{name}", f"Sandbox: {name.replace('_', ' ')}.", value=value)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing in advance: the names are the sandbox's."""
        return iter(())
