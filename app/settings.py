"""Every limit and switch of the service, each with its unit in its name."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one run may use; it travels to the child with the job."""

    source_bytes: int = 100_000
    wall_seconds: float = 10.0
    cpu_seconds: float = 8.0
    memory_bytes: int = 512 * 1024 * 1024
    output_bytes: int = 64 * 1024
    reply_bytes: int = 48 * 1024 * 1024
    """All that a child may send."""
    event_bytes: int = 16 * 1024 * 1024
    """One event of it; the largest honest one is a graph of `nodes` nodes."""
    passes: int = 2_000
    updates: int = 4_000
    moments: int = 20_000
    diagnostics: int = 1_000
    graphs: int = 64
    nodes: int = 20_000
    values: int = 2_000_000
    steps: int = 1_000
    full_elements: int = 256
    expression_characters: int = 2_000
    expression_depth: int = 100
    expression_variables: int = 50
    written_elements: int = 1_024
    """Elements of one variable of an expression, written out in its program."""
    cells: int = 250_000
    """Points at which one landscape asks for the loss."""
    checked_elements: int = 2_000
    """Elements of all leaves whose gradients one check compares."""
    runs: int = 100_000
    """Runs of one sweep."""


def read_limits() -> Limits:
    """Read each limit from its `EXPLORER_…` variable, such as `EXPLORER_WALL_SECONDS`, where that is set."""
    names = {name: f"EXPLORER_{name.upper()}" for name in Limits.__struct_fields__}
    given = {name: os.environ[variable] for name, variable in names.items() if variable in os.environ}
    return msgspec.convert(given, Limits, strict=False)


def split_names(text: object) -> object:
    """Read `a, b` from the environment as a tuple of names; leave anything but text alone."""
    return tuple(name.strip() for name in text.split(",") if name.strip()) if isinstance(text, str) else text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_names)]


class Settings(BaseSettings):
    """The service's configuration, read from `EXPLORER_…` environment variables."""

    model_config = SettingsConfigDict(
        env_prefix="EXPLORER_",
        env_nested_delimiter="__",
        frozen=True,
        populate_by_name=True,
        arbitrary_types_allowed=True,
    )

    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("EXPLORER_HOST", "HOST"))
    port: int = Field(default=8000, ge=0, le=65535, validation_alias=AliasChoices("EXPLORER_PORT", "PORT"))
    body_bytes: int = 256 * 1024
    layout_body_bytes: int = 16 * 1024 * 1024
    """`POST /api/layout` takes a whole graph and `POST /api/open` a whole trace, which are longer than a program."""
    head_bytes: int = Field(default=64 * 1024, ge=1024)
    """Address and header fields of a request together."""
    head_seconds: float = Field(default=10.0, gt=0)
    """From the opening of a connection, or the end of the request before, until the head of a request is whole."""
    request_seconds: float = 30.0
    """From the first byte of a request to its answer, waiting in the queue included."""
    shutdown_seconds: int = 15
    """How long runs that are under way may finish after a stop was asked for."""
    cache_bytes: int = 64 * 1024 * 1024
    """Answers kept for equal requests; 0 keeps none."""
    requests_per_minute: int = 600
    """Runs and drawings one client may ask for; 0 sets no limit."""
    trusted_proxies: Names = ()
    """Networks whose `X-Forwarded-For` is believed."""
    hosts: Names = ()
    """Names the service answers to, beside loopback, `host` and plain addresses; `*` is any."""
    origins: Names = ()
    """Origins of other sites whose pages may call the API; `*` is any."""
    frame_ancestors: str = "'none'"
    """Sites that may show the page in a frame, as Content-Security-Policy writes them."""
    embed_ancestors: str = "*"
    """The same for `/embed`, which is made to be framed: it holds nothing of the visitor's that a frame could steal."""
    limits: Limits = Field(default_factory=read_limits)
    """What one run may use; from the environment, each limit has its own variable (`EXPLORER_WALL_SECONDS`)."""
    concurrent_runs: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    queued_runs: int = Field(default=64, ge=0)
    """Runs that may wait for their turn; one more is refused, and told when to come back."""
    sweep_seconds: float = Field(default=300.0, gt=0)
    """From the start of a sweep or race to its end."""
    cluster: str | None = Field(
        default=None, validation_alias=AliasChoices("AUTOGRAD_EXPLORER_CLUSTER", "EXPLORER_CLUSTER")
    )
    """Address of the Ray cluster that runs sweeps and races; unset, they run on this machine."""
    spares: int = Field(default=4, ge=1)
    """Confined, warm processes that wait for a run."""
    spare_seconds: float = 600.0
    """A spare that has waited longer is replaced."""
    require_confinement: bool | None = None
    """Whether a missing layer of the sandbox refuses all runs; unset, it does when `host` is not loopback."""
    layout_workers: int = Field(default=2, ge=1)
    """Warm Graphviz processes."""
    layout_seconds: float = Field(default=2.0, gt=0)
    """One drawing's time; after it the process is killed and a coarser picture is tried."""
    layout_wait_seconds: float = Field(default=10.0, gt=0)
    """How long a drawing waits for a free Graphviz process."""
    layout_memory_bytes: int = 512 * 1024 * 1024
    """Address space of one Graphviz process."""
    layout_cache_bytes: int = 32 * 1024 * 1024
    """Drawings kept for equal structures, and a quarter as much again for boxes of equal sizes; 0 keeps none."""
    layout_nodes: int = Field(default=300, ge=1)
    """The most nodes one picture shows; the others are folded."""
