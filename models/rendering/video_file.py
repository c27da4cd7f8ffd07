"""A video's file opened, and what of it may be drawn: the packets of its first seconds, and who decodes them.

Of all that FFmpeg can do, this lets it do little: two demuxers, a few decoders, and neither file nor address
beside the bytes in memory, whatever those bytes ask for.
"""

import io
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Any, Final, NoReturn, cast

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from models import limits
from models.containers import video_container
from models.problems import PictureProblem
from models.rendering.frames import Cut

DEMUXERS: Final = {"MP4": "mov", "WEBM": "matroska"}
"""FFmpeg's name of the demuxer for each kind of `models.containers`."""
DECODERS: Final = frozenset(
    ("h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "libdav1d", "mpeg4", "h263", "mjpeg", "prores")
)
"""FFmpeg's names of the decoders that may run: for what browsers play, and for what cameras write or wrote."""
SEE_THROUGH: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Who decodes the transparency that a WebM may have: FFmpeg's own decoders leave it out."""
MOST_PACKETS: Final = 20_000
"""So many packets are read of the seconds that may be drawn: a thousand a second."""
MOST_STREAMS: Final = 32
MOST_THREADS: Final = 4
"""A worker waits for its decoder, so the processor's cores are free; more than so many gain little."""
_SMALL: Final = 4096 * 2304
"""Pixels of a frame; of larger ones, each thread would hold some at a time, and all together fill the memory."""
MISSING_S: Final = 0.5
"""A video that ends so much earlier than its header says is cut short."""

_DECODING: Final = {"max_pixels": str(limits.MAX_PIXELS), "codec_whitelist": ",".join(DECODERS)}
_OPENING: Final = {"threads": "1", "protocol_whitelist": "none", "max_streams": str(MOST_STREAMS)}


@dataclass(frozen=True)
class Excerpt:
    """What may be drawn of a video. All times are in seconds from its first frame's.

    `packets` are the stream's, in the order of decoding; `shown` the times of the frames in them, in theirs;
    `interval` is the usual time between two, and the last one ends at `end`. `cut` says why there is no more, if
    there is.
    """

    stream: VideoStream
    packets: list["av.Packet[VideoStream]"]
    start: float
    shown: list[float]
    interval: float
    end: float
    cut: Cut

    def seconds(self, pts: int) -> float:
        """A frame's time."""
        return float(pts * (self.stream.time_base or 0)) - self.start


@contextmanager
def opened(data: bytes) -> Iterator[Excerpt]:
    """The excerpt, while the file is open.

    Raises PictureProblem `broken`, `too_heavy`, `sound_alone`, `unknown_codec` or `encrypted`.
    """
    kind = video_container(data)
    if kind is None:
        raise PictureProblem("not_a_picture", "no video")
    options = _DECODING | _OPENING | {"format_whitelist": DEMUXERS[kind]}
    try:
        with av.open(io.BytesIO(data), format=DEMUXERS[kind], options=options, io_open=_refuse) as file:
            yield _excerpt(cast(InputContainer, file))
    except MemoryError as error:
        raise PictureProblem("too_heavy", repr(error)) from None
    except (av.FFmpegError, ValueError, OverflowError) as error:
        if isinstance(error, PictureProblem):
            raise
        raise PictureProblem("broken", repr(error)) from None


def decoder_of(stream: VideoStream) -> VideoCodecContext:
    """A decoder for the stream's packets."""
    name = stream.codec_context.codec.name
    context = stream.codec_context
    if stream.metadata.get("alpha_mode") == "1" and name in SEE_THROUGH:
        context = cast(VideoCodecContext, av.CodecContext.create(SEE_THROUGH[name], "r"))
        context.extradata = stream.codec_context.extradata
    context.options = _DECODING
    few = stream.width * stream.height > _SMALL
    context.thread_count = 1 if few else min(MOST_THREADS, os.cpu_count() or 1)
    context.thread_type = ThreadType.AUTO
    return context


def _refuse(address: str, flags: int, options: dict[str, Any]) -> NoReturn:
    raise PermissionError("a video may not open anything else")


def _excerpt(file: InputContainer) -> Excerpt:
    stream = _stream(file)
    base = stream.time_base or Fraction(0)
    packets, cut = _read(file, stream)
    times = sorted(
        (float((packet.pts or 0) * base), float((packet.duration or 0) * base))
        for packet in packets
        if not packet.is_discard
    )
    if not times:
        raise PictureProblem("broken", "no packets")
    start = times[0][0]
    shown = [at - start for at, _ in times if at < start + limits.MAX_SECONDS]
    if len(shown) < len(times):
        cut = "seconds"
    usual = median(later - sooner for sooner, later in itertools.pairwise(shown)) if len(shown) > 1 else 0.1
    end = min(shown[-1] + (times[len(shown) - 1][1] or usual), limits.MAX_SECONDS)
    return Excerpt(stream, packets, start, shown, usual, end, cut)


def _read(file: InputContainer, stream: VideoStream) -> tuple[list["av.Packet[VideoStream]"], Cut]:
    """The stream's packets that may be drawn, and why there are no more, if that is not for the file's end."""
    packets: list[av.Packet[VideoStream]] = []
    reached = Fraction(0)
    try:
        for packet in file.demux():
            if packet.pts is None:
                continue
            reached = max(reached, (packet.pts + (packet.duration or 0)) * packet.time_base)
            if packet.stream_index != stream.index:
                continue
            if packet.has_sidedata("encryption_info"):
                raise PictureProblem("encrypted")
            packets.append(cast("av.Packet[VideoStream]", packet))
            if len(packets) > MOST_PACKETS:
                return packets, "frames"
            # Later ones are not shown before this one is decoded.
            if ((packet.dts or 0) - (packets[0].pts or 0)) * packet.time_base >= limits.MAX_SECONDS:
                return packets, "seconds"
    except PictureProblem:
        raise
    except (av.FFmpegError, ValueError):
        return packets, "broken"
    return packets, "broken" if _end(file) - reached > MISSING_S else ""


def _end(file: InputContainer) -> Fraction:
    """When the file ends, by its header, in seconds; 0 where that does not say."""
    return Fraction((file.start_time or 0) + file.duration, 1_000_000) if file.duration else Fraction(0)


def _stream(file: InputContainer) -> VideoStream:
    """The one that is played: no cover art, and of several the one that the file prefers."""
    films = [stream for stream in file.streams.video if not stream.disposition & Disposition.attached_pic]
    if not films:
        raise PictureProblem("sound_alone", str([stream.type for stream in file.streams]))
    stream = next((one for one in films if one.disposition & Disposition.default), films[0])
    context = stream.codec_context
    if context is None or context.codec.name not in DECODERS:
        raise PictureProblem("unknown_codec", context.codec.name if context else "no decoder")
    return stream
