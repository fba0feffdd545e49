"""The image: built by a real Docker from the Dockerfile as it stands, run confined, asked, attacked and stopped.

Run by `make docker-test`. Where no Docker daemon answers, one is started by hand (as root); where the base image cannot
be pulled, `scripts/docker-base` makes a stand-in for it.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parents[1]
IMAGE = "autograd-explorer:test"
NAME = "autograd-explorer-test"
CONFINED = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--memory", "2g", "--pids-limit", "256", "--init"),
)
# Debian's own client comes first: it builds without a plug-in.
CLIENT = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"

QUADRATIC = {"expression": "a*x**2 + b*x + c", "variables": {"a": 1, "b": 2, "c": 3, "x": 4}}

# What each program tries must not be found in its answer.
ATTACKS = {
    "reads a file": ("print(open('/etc/passwd').read())", "root:"),
    "reads the environment of the server": ("print(open('/proc/1/environ', 'rb').read())", "EXPLORER_PORT"),
    "lists a folder": ("import os\nprint(os.listdir('/srv/explorer'))", "'app'"),
    "runs a command": ("import os\nprint('got', os.system('id'))\nprint(os.popen('id').read())", "uid="),
    "forks": ("import os\nprint('child', os.fork())", "child"),
    "calls the system by itself": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint('opened', libc.open(b'/etc/passwd', 0) >= 0)",
        "opened True",
    ),
    "connects": (
        "import socket\ns = socket.socket()\ns.connect(('127.0.0.1', {port}))\nprint('connected')",
        "connected\\n",
    ),
    "kills the server": ("import os, signal\nos.kill(1, signal.SIGKILL)\nprint('killed')", "killed\\n"),
    "runs for ever": ("while True:\n    pass\nprint('ended')", "ended\\n"),
    "eats the memory": ("kept = []\nwhile True:\n    kept.append(bytearray(2**24))\nprint('ended')", "ended\\n"),
}


class Docker(NamedTuple):
    """How to reach a daemon, and how a container of it is reached."""

    address: str | None
    publishes: bool

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the client and return what it printed."""
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        if self.address:
            environment["DOCKER_HOST"] = self.address
        done = subprocess.run([CLIENT, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done


class Service(NamedTuple):
    """A running container and a client of it."""

    docker: Docker
    client: httpx.Client
    port: int


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    ordinary = Docker(None, publishes=True)
    if ordinary.run("info", check=False).returncode == 0:
        yield ordinary
        return
    daemon = shutil.which("dockerd") or "/usr/sbin/dockerd"
    if not Path(daemon).exists() or os.getuid() != 0:
        pytest.fail("No Docker daemon answers, and none can be started (that takes dockerd and root).")
    # Not a folder of pytest's: the daemon mounts things in it, and pytest would trip over them for ever after.
    folder = Path(tempfile.mkdtemp(prefix="explorer-docker-"))
    private = Docker(f"unix://{folder}/socket", publishes=False)
    paths = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
    # No bridge and no firewall rules: this daemon leaves the machine's network as it is.
    network = ["--iptables=false", "--ip6tables=false", "--bridge=none"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([daemon, *paths, f"--host={private.address}", *network], stdout=log, stderr=log)
    try:
        wait_for("the daemon", lambda: private.run("info", check=False).returncode == 0, seconds=60)
        yield private
    finally:
        process.terminate()
        process.wait(timeout=60)
        subprocess.run(["umount", "--quiet", folder / "exec" / "netns" / "default"], check=False)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def image(docker: Docker) -> str:
    base = re.search(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert base is not None
    is_here = docker.run("image", "inspect", base[1], check=False).returncode == 0
    if not is_here and docker.run("pull", "--quiet", base[1], check=False).returncode != 0:
        environment = {**os.environ, "DOCKER": CLIENT, "DOCKER_HOST": docker.address or ""}
        subprocess.run([ROOT / "scripts" / "docker-base", base[1]], env=environment, check=True)
    network = () if docker.publishes else ("--network=host",)
    docker.run("build", *network, "--tag", IMAGE, str(ROOT))
    return IMAGE


@pytest.fixture(scope="session")
def service(docker: Docker, image: str) -> Iterator[Service]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    reach = (
        ("--publish", f"127.0.0.1:{port}:8000")
        if docker.publishes
        else ("--network", "host", "--env", f"EXPLORER_PORT={port}")
    )
    docker.run("rm", "--force", NAME, check=False)
    docker.run("run", "--detach", "--name", NAME, *CONFINED, *reach, image)
    try:
        wait_for("health", lambda: health(docker) == "healthy", seconds=120)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield Service(docker, client, port)
    finally:
        print(docker.run("logs", "--tail", "50", NAME, check=False).stdout)
        docker.run("rm", "--force", NAME, check=False)


def wait_for(what: str, holds: object, seconds: float) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not come within {seconds:g} s"
        time.sleep(0.5)


def health(docker: Docker) -> str:
    return docker.run("inspect", "--format", "{{.State.Health.Status}}", NAME).stdout.strip()


def test_all_layers_hold_inside(service: Service) -> None:
    ready = service.client.get("/readyz")
    assert ready.status_code == 200
    sandbox = ready.json()["sandbox"]
    assert sandbox["ready"]
    assert sandbox["confined"]
    assert sandbox["missing"] == []
    assert sandbox["layers"]
    assert ready.json()["layout_layers"]


def test_nobody_is_root_and_nothing_can_be_written(service: Service) -> None:
    assert service.docker.run("exec", NAME, "id", "-u").stdout.strip() == "10001"
    for path in ("/srv/explorer/app/x", "/srv/explorer/.venv/x", "/etc/x"):
        assert service.docker.run("exec", NAME, "touch", path, check=False).returncode != 0


def test_an_expression_is_answered_and_drawn(service: Service) -> None:
    answer = service.client.post("/api/trace", json=QUADRATIC)
    assert answer.status_code == 200
    trace = answer.json()
    assert trace["passes"][0]["loss"] == 27.0
    nodes = trace["graphs"][0]["nodes"]
    gradients = {node["variable"]: trace["passes"][0]["gradients"][place] for place, node in enumerate(nodes)}
    assert (gradients["a"], gradients["b"], gradients["c"], gradients["x"]) == (16.0, 4.0, 1.0, 10.0)
    assert "<svg" in trace["graphs"][0]["svg"]


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "dot"])
def test_every_form_of_picture_is_drawn(service: Service, form: str) -> None:
    answer = service.client.post(f"/api/graph.{form}", json=QUADRATIC)
    assert answer.status_code == 200
    assert len(answer.content) > 500


def test_the_page_is_served(service: Service) -> None:
    page = service.client.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_contained(service: Service, attack: str) -> None:
    program, spoils = ATTACKS[attack]
    body = {"program": program.replace("{port}", str(service.port))}
    answer = service.client.post("/api/trace", json=body)
    assert answer.status_code in (200, 422)
    document = answer.json()
    trace = document.get("trace") or document
    assert spoils not in str([trace.get("output"), trace.get("timeline"), document.get("detail")])
    assert service.client.post("/api/trace", json=QUADRATIC).json()["passes"][0]["loss"] == 27.0


def test_it_is_still_healthy_and_stops_by_itself(service: Service) -> None:
    assert health(service.docker) == "healthy"
    start = time.monotonic()
    service.docker.run("stop", "--time", "20", NAME)
    assert time.monotonic() - start < 15
    state = service.docker.run("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", NAME).stdout.strip()
    # 143 is the answer to SIGTERM of a process that ended by itself; one that had to be killed answers 137.
    assert state in ("0 false", "143 false")
