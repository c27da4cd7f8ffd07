# Two images from one file: `--target bot` (no torch) and `--target worker`.
FROM python:3.12-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --create-home --uid 10001 glyphcord
WORKDIR /app

FROM base AS bot
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY jobs jobs
COPY models models
# hadolint ignore=DL3013
RUN mkdir -p worker playground && touch worker/__init__.py playground/__init__.py \
    && pip install '.[bot]'
USER 10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot"]

FROM base AS worker
# Without a GPU, give the index of PyTorch's CPU builds (pytorch.org, "Start Locally"), else pip takes the
# CUDA build, which is several gigabytes larger.
ARG TORCH_INDEX_URL=
# hadolint ignore=DL3013
RUN if [ -n "$TORCH_INDEX_URL" ]; then pip install --index-url "$TORCH_INDEX_URL" 'torch>=2.11,<2.15'; fi
COPY pyproject.toml README.md LICENSE ./
COPY worker worker
COPY jobs jobs
COPY models models
# hadolint ignore=DL3013
RUN mkdir -p bot playground && touch bot/__init__.py playground/__init__.py \
    && pip install '.[worker]'
USER 10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "worker"]
