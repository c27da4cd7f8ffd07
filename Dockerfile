# Three images from one file: `--target bot` (no weights), `--target worker`, which draws on the processor, and
# `--target worker-gpu`, which is several gigabytes larger: PyTorch's CUDA build.
# Everything from PyPI comes in the versions and with the hashes of deploy/locks.
FROM python:3.12-slim AS python
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --uid 10001 --no-create-home glyphcord
WORKDIR /app

# What the build makes: what Python notes of an installed program, its version among it, and the compiled translations.
# The whole source stays here.
FROM python AS source
COPY deploy/locks/build.txt deploy/locks/
RUN pip install --require-hashes -r deploy/locks/build.txt
COPY pyproject.toml setup.py README.md LICENSE ./
COPY bot bot
COPY glyphcord glyphcord
COPY jobs jobs
COPY worker worker
COPY models models
RUN mkdir playground && touch playground/__init__.py \
    && pip install --no-deps --no-index --no-build-isolation --target /installed . \
    && mkdir -p /built/jobs/text/languages && cp -r /installed/glyphcord-*.dist-info /built/ \
    && cp /installed/jobs/text/languages/*.mo /built/jobs/text/languages/

FROM python AS bot-packages
RUN python -m venv /venv
COPY deploy/locks/bot.txt deploy/locks/
RUN /venv/bin/pip install --require-hashes -r deploy/locks/bot.txt

FROM python AS bot
COPY --from=bot-packages /venv /venv
COPY --from=source /built ./
COPY bot bot
COPY glyphcord glyphcord
COPY jobs jobs
# All that the bot and `jobs` import of `models`, and no more; a test follows the imports and compares.
COPY models/__init__.py models/colour_names.py models/containers.py models/formats.py models/limits.py models/oklab.py models/options.py models/palettes.py models/problems.py models/sentences.py models/sniff.py models/
COPY models/files/__init__.py models/files/bmp.py models/files/boxes.py models/files/png_colour.py models/files/gif.py models/files/jpeg.py models/files/png.py models/files/tiff.py models/files/webp.py models/files/
ENV PATH=/venv/bin:$PATH HOME=/tmp
USER 10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot"]

FROM python AS worker-packages
RUN python -m venv /venv
COPY deploy/locks/worker.txt deploy/locks/
RUN /venv/bin/pip install --require-hashes -r deploy/locks/worker.txt

FROM worker-packages AS worker-gpu-packages
COPY deploy/locks/torch-cuda.txt deploy/locks/
RUN /venv/bin/pip install --require-hashes -r deploy/locks/worker.txt -r deploy/locks/torch-cuda.txt

FROM python AS worker
COPY --from=worker-packages /venv /venv
COPY --from=source /built ./
COPY worker worker
COPY glyphcord glyphcord
COPY jobs jobs
COPY models models
ENV PATH=/venv/bin:$PATH HOME=/tmp
USER 10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "worker"]

FROM worker AS worker-gpu
COPY --from=worker-gpu-packages /venv /venv
