FROM python:3.11-slim-bookworm

# Where the CPU builds of torch are; empty leaves it out.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# One font, the library that confines programs, and what the Graphviz inside pygraphviz draws with.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fonts-dejavu-core libseccomp2 libglib2.0-0 libx11-6 libxext6 libxrender1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin explorer

WORKDIR /srv/explorer

# The environment comes before the source: a change of the source leaves this layer as it is.
COPY scripts/setup scripts/debian-package scripts/
COPY requirements requirements
RUN PIP_NO_CACHE_DIR=1 scripts/setup .venv requirements/runtime.lock

COPY app app
COPY static static
COPY templates templates
RUN .venv/bin/python -m compileall -q app

USER explorer
ENV EXPLORER_HOST=0.0.0.0 \
    EXPLORER_PORT=8000 \
    PYTHONUNBUFFERED=1
EXPOSE 8000

# Ready, not only alive: the sandbox answers and its layers hold.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD [".venv/bin/python", "-I", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"EXPLORER_PORT\"]}/readyz', timeout=4)"]

# The service ends by itself on SIGTERM: it finishes what runs, within EXPLORER_SHUTDOWN_SECONDS.
CMD [".venv/bin/python", "-m", "app.main"]
