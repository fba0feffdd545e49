"""Security headers: every answer carries them, the page carries a policy of its own."""

from __future__ import annotations

from collections.abc import Mapping

CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""For data: a picture or a JSON text opened on its own can load and run nothing."""

COMMON = {
    "content-security-policy": CLOSED_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}


FILE = {
    name: COMMON[name] for name in ("content-security-policy", "x-content-type-options", "cross-origin-resource-policy")
}
"""For a file of the page: what only documents heed would weigh more than many a module does."""


def headers_for(path: str) -> Mapping[str, str]:
    """Choose the headers that an answer carries whatever it is."""
    return FILE if path.startswith("/static/") else COMMON


def page_policy(nonce: str, ancestors: str) -> str:
    """Write the policy of an HTML page: its own files only.

    Args:
        nonce: lets the editor add its styles.
        ancestors: the sites that may show the page in a frame.
    """
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
