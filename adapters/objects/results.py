"""Results of scheduled runs, over S3: where the platform's first release keeps them, `<id>/analysis.json`."""

import io

from the0_actors.adapters.objects.s3 import S3Objects, translated

CONTENT_TYPE = "application/json"


class S3Results(S3Objects):
    """A bucket of results, made when it is absent. May be used from several threads."""

    def keep(self, bot_id: str, result: bytes) -> None:
        """Store a result in place of the one before. Raises `Refused`, `Unavailable`, `Unlaunchable` for an odd id."""
        key = f"{bot_id}/analysis.json"
        with translated(key, refusable=True):
            self.ensure_bucket()
            self._client.put_object(self._bucket, key, io.BytesIO(result), len(result), content_type=CONTENT_TYPE)
