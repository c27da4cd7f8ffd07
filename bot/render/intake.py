"""From where pictures are to their bytes in the store, where workers find them."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from bot.render.attachments import Attachment
from bot.render.download import AttachmentDownloader
from bot.services import Services
from jobs.picture_check import sniff
from jobs.pictures import Hold
from jobs.schema import Picture
from jobs.text.sentences import PictureProblem, ServiceProblem, sentence_for

log = logging.getLogger(__name__)

Source = Attachment | Picture
"""A picture that Discord holds, or one that we still have."""

NO_PICTURE: Final = {"not_a_picture", "too_many_bytes", "empty"}
"""What a file of unknown kind turns out to be that is none, or too large to be one."""


class Intake:
    """Fetches and stores, over the given services."""

    def __init__(self, services: Services, downloader: AttachmentDownloader) -> None:
        self._services = services
        self._downloader = downloader

    async def take(self, sources: Sequence[Source], language: str, hold: Hold) -> tuple[tuple[Picture, ...], str]:
        """The pictures of a request, in the order of their sources; and what the log is to say of them.

        Of several, one that cannot be had comes with its reason in the language. Raises PictureProblem or
        ServiceProblem, that of the first, when none can.
        """
        found = await asyncio.gather(*(self._one(source, hold) for source in sources), return_exceptions=True)
        problems = [one for one in found if isinstance(one, BaseException)]
        for problem in problems:
            if len(problems) == len(found) or not isinstance(problem, (PictureProblem, ServiceProblem)):
                raise problem
        pictures, words = [], []
        for one in found:
            if isinstance(one, (PictureProblem, ServiceProblem)):
                pictures.append(Picture(sha=None, failure=sentence_for(one, language)))
                words.append(one.code)
            elif not isinstance(one, BaseException):
                pictures.append(one[0])
                words.append(one[1])
        return tuple(pictures), words[0] if len(words) == 1 else f"pictures={len(words)} ({'; '.join(words)})"

    async def _one(self, source: Source, hold: Hold) -> tuple[Picture, str]:
        if isinstance(source, Picture):
            wanted = [sha for sha in (source.sha, source.still) if sha is not None]
            if source.sha not in await asyncio.to_thread(self._services.pictures.hold, wanted, hold):
                raise ServiceProblem("picture_gone", f"no picture {(source.sha or '')[:12]}")
            return source, "kept=True"
        while True:
            try:
                return await self._with_still(source, hold)
            except (PictureProblem, ServiceProblem) as problem:
                other = source.otherwise
                unavailable = isinstance(problem, PictureProblem) or problem.code.startswith("attachment_")
                if other is None or not (problem.code in NO_PICTURE or (other.note and unavailable)):
                    raise
                log.info("another source code=%s detail=%r", problem.code, problem.detail)
                source = other

    async def _with_still(self, attachment: Attachment, hold: Hold) -> tuple[Picture, str]:
        """With a moving picture its still, if that can be had: only a worker finds out if a video can be read."""
        picture, about = await self._fetched(attachment, hold)
        still = attachment.otherwise
        if still is not None and still.note:
            with suppress(PictureProblem, ServiceProblem):
                there, _ = await self._fetched(still, hold)
                picture = picture.model_copy(update={"still": there.sha})
        return picture, about

    async def _fetched(self, attachment: Attachment, hold: Hold) -> tuple[Picture, str]:
        async with self._downloader.fetch(attachment.url, attachment.size) as data:
            info = await asyncio.to_thread(sniff, data)
            sha = await asyncio.to_thread(self._services.pictures.put, data, hold)
            about = f"format={info.format} size={info.width}x{info.height} bytes={len(data)}"
            return Picture(sha=sha, spoiler=attachment.spoiler, note=attachment.note), about
