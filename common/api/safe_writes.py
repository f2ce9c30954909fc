"""Requests that may be sent twice: idempotency keys, and retries of lost locks.

A write with an `Idempotency-Key` runs in one transaction with the row that stores its answer, so
either both are there or neither. A twin that comes meanwhile waits for the first at the unique
constraint and gets the stored answer. A write that names a version (common.api.preconditions) also
runs in one transaction with the comparison.
"""

import hashlib
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from common.api.exception_handler import error_response, is_retryable
from common.api.preconditions import SAFE_METHODS, may_name_version
from common.exceptions import KeyReused
from common.models import IdempotencyRecord

ATTEMPTS = 4
# What an answer's body does not say, and a client acts on.
KEPT_HEADERS = ("ETag", "Location", "Content-Disposition")
CLAIM = """
    INSERT INTO common_idempotencyrecord
        (user_id, key, fingerprint, content_type, body, created_at)
    VALUES (%s, %s, %s, '', '', clock_timestamp())
    ON CONFLICT (user_id, key) DO NOTHING RETURNING id"""


class _StoredAnswer(Exception):
    """Leads from initial() out of the transaction, to the answer of the first request."""

    def __init__(self, record: IdempotencyRecord) -> None:
        self.record = record


class SafeWriteMixin(APIView):
    """Answer a repeated write with its first answer; retry lost locks three times, then 503.

    Where `keeps_answers` is false, keys are not heeded: the answer holds a secret that must not be
    stored, or the view counts attempts, which no transaction may take back. Versions are heeded
    where there are rows to compare them with.
    """

    keeps_answers = True
    compares_versions = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in SAFE_METHODS:
            return super().dispatch(request, *args, **kwargs)
        repeatable = keep_body(request)
        for _ in range(ATTEMPTS if repeatable else 1):
            try:
                return self._dispatch_once(request, *args, **kwargs)
            except OperationalError as error:
                if not is_retryable(error) or connection.in_atomic_block:
                    raise
        return self._answer_busy(request, *args, **kwargs)

    def _dispatch_once(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._claimed: int | None = None
        is_keyed = "Idempotency-Key" in request.headers
        is_whole = (self.keeps_answers and is_keyed) or (
            self.compares_versions and may_name_version(request)
        )
        if not is_whole:
            return super().dispatch(request, *args, **kwargs)
        try:
            with transaction.atomic():
                response = super().dispatch(request, *args, **kwargs)
                if self._claimed is not None:
                    self._store(self._claimed, response)
                return response
        except _StoredAnswer as stored:
            return replay(stored.record)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key") if self.keeps_answers else None
        if key is None or request.method in SAFE_METHODS or not request.user.is_authenticated:
            return
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise ValidationError(
                {"Idempotency-Key": ["Send 1 to 255 printable characters, such as a UUID."]}
            )
        self._claimed = claim(request, key)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, _StoredAnswer):
            raise exc
        return super().handle_exception(exc)

    def _store(self, record_id: int, response: Any) -> None:
        response.render()
        if response.status_code >= 500:
            transaction.set_rollback(True)
            return
        IdempotencyRecord.objects.filter(pk=record_id).update(
            status=response.status_code,
            content_type=response.get("Content-Type", ""),
            headers={name: response[name] for name in KEPT_HEADERS if name in response},
            body=response.content,
        )

    def _answer_busy(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = error_response(
            503, "busy", "Others are writing the same records. Send the request again in a second."
        )
        response["Retry-After"] = "1"
        drf_request = self.initialize_request(request, *args, **kwargs)
        return self.finalize_response(drf_request, response, *args, **kwargs)


def keep_body(request: HttpRequest) -> bool:
    """Hold a JSON body in memory so that the request can run again; say whether it can."""
    if (request.content_type or "").startswith("multipart/"):
        return False
    try:
        return request.body is not None
    except RequestDataTooBig:
        return False  # parsing meets the same limit and answers 413


def claim(request: Request, key: str) -> int:
    """Insert the row of this key, or raise the answer that is stored under it."""
    fingerprint = fingerprint_of(request)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [request.user.pk, key, fingerprint])
        row = cursor.fetchone()
    if row is not None:
        return int(row[0])
    record = IdempotencyRecord.objects.get(user_id=int(request.user.pk or 0), key=key)
    if record.fingerprint != fingerprint:
        raise KeyReused(
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
            {"Idempotency-Key": ["Used before with another path or body."]},
        )
    raise _StoredAnswer(record)


def fingerprint_of(request: Request) -> str:
    """Hash method, path, query and body; a JSON body regardless of key order and spaces."""
    head = f"{request.method} {request.path} {request.META.get('QUERY_STRING', '')}".encode()
    if (request.content_type or "").startswith("multipart/"):
        form: Any = request.data
        body = orjson.dumps({name: form.getlist(name) for name in form}, default=digest_of)
    else:
        try:
            body = orjson.dumps(orjson.loads(request.body), option=orjson.OPT_SORT_KEYS)
        except orjson.JSONDecodeError:
            body = request.body
    return hashlib.sha256(head + b"\n" + body).hexdigest()


def digest_of(file: "UploadedFile[bytes]") -> str:
    """Return a file's name and the hash of its content, which is read again afterwards."""
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)
    return f"{file.name} {content.hexdigest()}"


def replay(record: IdempotencyRecord) -> HttpResponse:
    """Give a stored answer again, marked as such."""
    response = HttpResponse(
        bytes(record.body),
        status=record.status,
        content_type=record.content_type,
        headers={**record.headers, "Idempotent-Replayed": "true"},
    )
    if not record.content_type:  # nor had the first answer, which was empty
        del response["Content-Type"]
    return response
