import atexit
import gc

# What a start makes stays: looking through it for garbage every 700 objects was a tenth of the
# time, and once more at the end another. A request makes fewer objects than this.
gc.set_threshold(50_000, 10, 10)
atexit.register(gc.freeze)

from config.celery import app as celery_app  # noqa: E402 - the lines above are about these imports

__all__ = ["celery_app"]
