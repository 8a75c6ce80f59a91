"""What a row of the journal holds, as bytes: the signals of one batch and what of it was refused."""

import threading
from collections.abc import Sequence

import msgspec
import zstandard

from .vocabulary import Signal


class Refused(msgspec.Struct, array_like=True):
    """An item of a batch that was not understood, kept with its reason."""

    index: int
    reason: str
    excerpt: str = ""
    was_kept: bool = False


class Body(msgspec.Struct):
    """What one journal row holds. `places` are the signals' indexes in the batch when some were refused."""

    signals: list[Signal]
    refused: list[Refused] = []
    places: list[int] | None = None


class BodyInParts(msgspec.Struct):
    """The same, with each signal still to be decoded: how one that cannot be is found among the others."""

    signals: list[msgspec.Raw]
    refused: list[Refused] = []
    places: list[int] | None = None


class _Own(threading.local):
    """What compresses, one for each thread; making one costs more than its work on a batch."""

    def __init__(self):
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_own = _Own()
encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Body)
_decoder_in_parts = msgspec.msgpack.Decoder(BodyInParts)
_signal_decoder = msgspec.msgpack.Decoder(Signal)


def decode(body: bytes) -> tuple[list[Signal], list[int], list[Refused]]:
    """A row's signals, their places in the batch, and what was refused: on arrival, or now as unreadable."""
    packed = _decompressed(body)
    try:
        whole = _decoder.decode(packed)
        places = whole.places if whole.places is not None else list(range(len(whole.signals)))
        return whole.signals, places, whole.refused
    except msgspec.DecodeError:
        return _decode_in_parts(packed)


def rewritten(signals: Sequence[Signal], places: Sequence[int], refused: Sequence[Refused]) -> bytes:
    """What a row holds once some of it was taken away; the places of the others stay theirs."""
    return compressed(encoder.encode(Body(list(signals), list(refused), list(places))))


def compressed(packed: bytes) -> bytes:
    return _own.compressor.compress(packed)


def _decompressed(body: bytes) -> bytes:
    return _own.decompressor.decompress(body)


def readable(signal: Signal) -> str:
    """The signal as JSON, for people."""
    return msgspec.json.encode(signal).decode()


def _decode_in_parts(packed: bytes) -> tuple[list[Signal], list[int], list[Refused]]:
    body = _decoder_in_parts.decode(packed)
    signals, places, refused = [], [], list(body.refused)
    for place, raw in zip(body.places or range(len(body.signals)), body.signals, strict=True):
        try:
            signals.append(_signal_decoder.decode(raw))
            places.append(place)
        except msgspec.DecodeError as error:
            refused.append(Refused(place, f"The signal in the journal cannot be read: {error}."))
    return signals, places, refused
