"""Imports as jobs: kept, run here or by the worker, confirmed, and looked back at."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from time import monotonic
from typing import IO, Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from common.exceptions import Busy, DomainError, NotAllowed, WrongState
from operations.exchange.exceptions import FileTooLarge, ImportCancelled
from operations.exchange.kinds import KINDS
from operations.exchange.run import import_file
from operations.exchange.staging import Options, Progress
from operations.models import ImportJob, ImportMarkedPart, ImportPart
from operations.tasks import run_imports
from users.models import User

MOST_BYTES = 64 * 1024 * 1024
PIECE = 1024 * 1024
AT_ONCE = 512 * 1024  # a file up to this size is imported while its sender waits
MOST_ATTEMPTS = 3
LONGEST_RUN = timedelta(minutes=8)  # a little more than a worker lets a task run
KEPT = timedelta(days=30)
SECONDS_BETWEEN = 0.5
ENDED = ("state", "message", "finished_at", "percent", "report")
TOLD_OF_DEATH = "It took too long, three times; nothing was imported. Split the file."
TOLD_OF_FAILURE = "This is our fault. It was logged; nothing was imported."
logger = logging.getLogger(__name__)


def create_import(
    *,
    kind: str,
    chunks: Iterable[bytes],
    file_name: str,
    options: Options,
    dry_run: bool,
    acting_user: Any,
) -> ImportJob:
    """Keep a file and run its import: here if it is small, else soon, by the worker.

    Returns the job as it then is. Raises NotAllowed, FileTooLarge, and for small files whatever
    import_file raises; the job then stays with that as its message.
    """
    require_right(kind, acting_user)
    return start(keep(kind, chunks, file_name, options, dry_run, acting_user))


def require_right(kind: str, user: Any) -> None:
    if not user.can(KINDS[kind].permission):
        raise NotAllowed(f"Your role does not import {KINDS[kind].title.lower()}.")


@transaction.atomic
def keep(
    kind: str,
    chunks: Iterable[bytes],
    file_name: str,
    options: Options,
    dry_run: bool,
    acting_user: Any,
) -> ImportJob:
    """Store a file in pieces; one that is too large leaves nothing behind."""
    job = ImportJob.objects.create(
        kind=kind,
        file_name=file_name.replace("\0", "")[-255:],
        size=0,
        options=asdict(options),
        dry_run=dry_run,
        created_by=acting_user,
    )
    for number, chunk in enumerate(chunks):
        job.size += len(chunk)
        if job.size > MOST_BYTES:
            text = f"At most {MOST_BYTES // 1024 // 1024} MB. Split the file."
            raise FileTooLarge(text, {"file": [text]})
        ImportPart.objects.create(job=job, number=number, content=chunk)
    job.save(update_fields=["size"])
    return job


def start(job: ImportJob) -> ImportJob:
    """Run a queued job now, or tell the worker of it, which looks for such jobs anyway."""
    if job.size <= AT_ONCE:
        run_import(job.pk, watched=False)
    else:
        transaction.on_commit(run_imports.delay, robust=True)
    job.refresh_from_db()
    return job


def confirm_import(*, job: ImportJob, acting_user: Any) -> ImportJob:
    """Import a file that a dry run has judged, with every row judged anew.

    Raises WrongState unless the dry run found nothing to refuse, and NotAllowed.
    """
    require_right(job.kind, acting_user)
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().get(pk=job.pk)
        if not job.can_be_confirmed:
            raise WrongState("Only a checked file without problems can be imported. Send it anew.")
        job.state, job.dry_run, job.percent, job.attempts = ImportJob.State.QUEUED, False, 0, 0
        job.created_by = acting_user
        job.save(update_fields=["state", "dry_run", "percent", "attempts", "created_by"])
    return start(job)


def due_imports() -> Q:
    """Tell jobs that wait, and those whose run died: it has had longer than a run may last."""
    return Q(state=ImportJob.State.QUEUED) | Q(
        state=ImportJob.State.RUNNING,
        started_at__lt=timezone.now() - LONGEST_RUN,
        attempts__lt=MOST_ATTEMPTS,
    )


def run_due_imports() -> int:
    """Run the jobs that are due, oldest first; return how many there were.

    What is wrong with a file stands in its job; what is wrong with us is logged as well.
    """
    give_up_dead_runs()
    keys = list(ImportJob.objects.filter(due_imports()).order_by("pk").values_list("pk", flat=True))
    for key in keys:
        try:
            run_import(key)
        except DomainError as error:
            logger.info("Import %s was refused: %s", key, error.message)
    return len(keys)


def give_up_dead_runs() -> None:
    """Note as failed what died with whoever ran it, as often as it may."""
    ImportJob.objects.filter(
        state=ImportJob.State.RUNNING,
        started_at__lt=timezone.now() - LONGEST_RUN,
        attempts__gte=MOST_ATTEMPTS,
    ).update(
        state=ImportJob.State.FAILED, message=TOLD_OF_DEATH, percent=100, finished_at=timezone.now()
    )


def run_import(job_id: int, *, watched: bool = True, progress: Progress | None = None) -> None:
    """Run a job if it is due; state, report and message tell how it ended.

    A refused or failed run has written nothing else. What comes twice returns at once. While
    another import runs, a `watched` job goes on waiting. Raises DomainError of the file, and
    whatever else went wrong, after noting it.
    """
    job = claim(job_id)
    if job is None:
        return
    try:
        with (
            file_of(job) as path,
            told_progress(job.pk, watched) as tell,
            TemporaryFile() as marked,
        ):
            run_and_end(job, path, progress or tell, marked)
    except ImportCancelled:
        logger.info("Import %s was cancelled while it ran.", job.pk)
    except DomainError as error:
        if watched and isinstance(error, Busy):
            ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.RUNNING).update(
                state=ImportJob.State.QUEUED, attempts=0
            )
            return  # the worker comes again when the other import is through
        end(job, ImportJob.State.FAILED, error.message)
        raise
    except Exception:
        logger.exception("Import %s failed.", job.pk)  # first: it may have been cancelled meanwhile
        job.report = {}  # of what was taken back
        end(job, ImportJob.State.FAILED, TOLD_OF_FAILURE)
        raise


@transaction.atomic
def run_and_end(job: ImportJob, path: Path, tell: Progress, marked: IO[bytes]) -> None:
    """Import a job's file, keep its marked rows and note how that ended: all of it or nothing.

    Raises ImportCancelled where it was cancelled before this was through, and as import_file.
    """
    report = import_file(
        kind=KINDS[job.kind],
        path=path,
        options=Options(**job.options),
        commit=not job.dry_run,
        progress=tell,
        acting_user=job.created_by,
        marked=marked,
    )
    job.report = asdict(report)
    keep_marked(job, marked)
    if job.dry_run:
        end(job, ImportJob.State.CHECKED)
    elif report.is_imported:
        end(job, ImportJob.State.IMPORTED)
    else:
        what = "Rows" if report.totals["refused"] else "Columns"
        end(job, ImportJob.State.REFUSED, f"{what} were refused, so nothing was imported.")


def keep_marked(job: ImportJob, marked: IO[bytes]) -> None:
    """Store the rows of a job with what is wrong with them, as long as the job is kept."""
    job.marked_parts.all().delete()
    marked.seek(0)
    for number, piece in enumerate(iter(partial(marked.read, PIECE), b"")):
        ImportMarkedPart.objects.create(job=job, number=number, content=piece)


@transaction.atomic
def cancel_import(*, job: ImportJob, acting_user: Any) -> ImportJob:
    """Cancel an import that waits, runs or was checked; its file is dropped, nothing is written.

    One that is running notices when it next tells how far it is. Locks the job. Raises WrongState
    where it is through already, and NotAllowed.
    """
    require_right(job.kind, acting_user)
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if not job.can_be_cancelled:
        raise WrongState("It is through already. Only what waits or is running is cancelled.")
    job.state, job.finished_at = ImportJob.State.CANCELLED, timezone.now()
    job.message = f"Cancelled by {acting_user.username}; nothing was imported."
    job.save(update_fields=["state", "finished_at", "message"])
    job.parts.all().delete()
    return job


def claim(job_id: int) -> ImportJob | None:
    """Take a job that is due; nobody else gets it meanwhile."""
    taken = ImportJob.objects.filter(due_imports(), pk=job_id).update(
        state=ImportJob.State.RUNNING,
        started_at=timezone.now(),
        attempts=F("attempts") + 1,
        percent=0,
    )
    return ImportJob.objects.select_related("created_by").get(pk=job_id) if taken else None


def end(job: ImportJob, state: ImportJob.State, message: str = "") -> None:
    """Note how a run ended, unless it was cancelled meanwhile: then ImportCancelled is raised."""
    job.state, job.message, job.finished_at = state, message[:500], timezone.now()
    job.percent = 100
    ended = ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.RUNNING).update(
        **{name: getattr(job, name) for name in ENDED}
    )
    if not ended:
        raise ImportCancelled("It was cancelled.")
    if not job.can_be_confirmed:
        job.parts.all().delete()  # the file is not needed again


@contextmanager
def file_of(job: ImportJob) -> Iterator[Path]:
    """Put the pieces of a job's file together on disk, for as long as it is read."""
    with NamedTemporaryFile(prefix="import-") as file:
        for content in job.parts.values_list("content", flat=True).iterator(chunk_size=4):
            file.write(content)
        file.flush()
        yield Path(file.name)


@contextmanager
def told_progress(job_id: int, watched: bool) -> Iterator[Progress]:
    """Give a function that writes the percentage past the transaction of the import."""
    if not watched:
        yield lambda percent: None
        return
    beside: Any = connection.copy()
    told = 0.0

    def tell(percent: int) -> None:
        nonlocal told
        if monotonic() - told < SECONDS_BETWEEN:
            return
        told = monotonic()
        with beside.cursor() as cursor:
            cursor.execute(
                "UPDATE operations_importjob SET percent = %s WHERE id = %s RETURNING state",
                [percent, job_id],
            )
            if cursor.fetchone() == (ImportJob.State.CANCELLED,):
                raise ImportCancelled("It was cancelled.")

    try:
        yield tell
    finally:
        beside.close()


def purge_imports() -> int:
    """Delete imports, with their files, that are long past; return how many."""
    _, deleted = ImportJob.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted.get("operations.ImportJob", 0)


def importer(name: str, kind: str) -> User | None:
    """Return who imports from the command line: the one named, or the first admin."""
    people = User.objects.who_can(KINDS[kind].permission)
    if name:
        return people.by_reference(name).first()
    return people.filter(role="admin").order_by("pk").first()
