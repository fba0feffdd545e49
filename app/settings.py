"""Every limit and switch of the service, each with its unit in its name."""

from __future__ import annotations

import msgspec
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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


class Settings(BaseSettings):
    """The service's configuration, read from `EXPLORER_…` environment variables."""

    model_config = SettingsConfigDict(env_prefix="EXPLORER_", env_nested_delimiter="__", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    body_bytes: int = 256 * 1024
