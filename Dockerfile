# The worker and the operator's commands. Runs as any user who can write to the dossier; holds no server and no tests.

FROM python:3.13-slim-trixie AS libraries
COPY requirements-production.lock .
RUN python -m venv /opt/forthwith \
    && /opt/forthwith/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: \
       -r requirements-production.lock

FROM python:3.13-slim-trixie
# The directory belongs to the user in the image, so that a new volume mounted there does too.
RUN useradd --uid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin forthwith \
    && install -d -o forthwith -g forthwith /var/lib/forthwith/dossier
COPY --from=libraries /opt/forthwith /opt/forthwith
WORKDIR /app
COPY forthwith forthwith
COPY workflows workflows
COPY activities activities
COPY examples examples
COPY starter.py worker.py ./
RUN /opt/forthwith/bin/python -m compileall -q .
ENV PATH=/opt/forthwith/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FORTHWITH_DOSSIER=/var/lib/forthwith/dossier \
    FORTHWITH_LOG_FORMAT=json
USER forthwith
# The worker drains on SIGTERM; in exec form, so that it is the one to get it.
CMD ["python", "worker.py"]
