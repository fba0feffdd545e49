"""Every limit and switch of the service, each with its unit in its name."""

from __future__ import annotations

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
    passes: int = 2_000
    graphs: int = 64
    nodes: int = 20_000
    values: int = 2_000_000
    steps: int = 1_000
    full_elements: int = 256


def split_names(text: object) -> object:
    """Read `a, b` from the environment as a tuple of names; leave anything but text alone."""
    return tuple(name.strip() for name in text.split(",") if name.strip()) if isinstance(text, str) else text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_names)]


class Settings(BaseSettings):
    """The service's configuration, read from `EXPLORER_…` environment variables."""

    model_config = SettingsConfigDict(
        env_prefix="EXPLORER_", env_nested_delimiter="__", frozen=True, populate_by_name=True
    )

    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("EXPLORER_HOST", "HOST"))
    port: int = Field(default=8000, ge=0, le=65535, validation_alias=AliasChoices("EXPLORER_PORT", "PORT"))
    body_bytes: int = 256 * 1024
    layout_body_bytes: int = 16 * 1024 * 1024
    """`POST /api/layout` takes a whole graph, which is longer than a program."""
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
