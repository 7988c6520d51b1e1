"""Many texts searched for in much text at once.

Of each text sought the first eight bytes (or five, of a short one) are its key. Keys are looked
up only where a word begins, in a table of bits first; what passes is compared in full. So a
hundred thousand texts are searched for as fast as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

_LONG, _SHORT = 8, 5
_BITS = 22
_MIX = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 1 << 20
_WORD = np.array([chr(b).isalnum() if b < 128 else True for b in range(256)])
_EDGE = frozenset(b'"<>,;|\n\t\0[]{}')


class Search:
    """Finds any of many texts.

    Parameters
    ----------
    sought : iterable of str
        Texts in small letters, blanks single, at least five bytes each.
    whole : iterable of str
        Those of them that count only as a whole cell: between quotes, tags or separators.
    """

    def __init__(self, sought: Iterable[str], whole: Iterable[str] = ()) -> None:
        self.whole = {text.encode() for text in whole}
        self.keys: dict[int, dict[int, list[bytes]]] = {_LONG: {}, _SHORT: {}}
        for text in sorted({t.encode() for t in sought}):
            width = _LONG if len(text) >= _LONG else _SHORT
            self.keys[width].setdefault(int.from_bytes(text[:width]), []).append(text)
        self.bits = {width: _bits(keys) for width, keys in self.keys.items()}

    def find(self, text: str) -> Iterator[str]:
        """Give the texts that are found, each as often as it stands there."""
        # Line ends stay apart from blanks only where whole cells are looked for.
        yield from self._in(" ".join(text.casefold().split()).encode(), whole=False)
        if self.whole:
            yield from self._in(text.casefold().encode(), whole=True)

    def _in(self, data: bytes, *, whole: bool) -> Iterator[str]:
        padded = np.frombuffer(b"\n" + data + b"\0" * _LONG, dtype=np.uint8)
        for start in range(0, len(data), _CHUNK):
            part = padded[start : start + _CHUNK + 1 + _LONG]
            word = _WORD[part]
            begins = np.flatnonzero(~(word[:-1] & word[1:])) + 1
            begins = begins[(begins <= _CHUNK) & (begins + _LONG <= len(part))]
            for width, bits in self.bits.items():
                key = _keys_at(part, begins, width)
                hits = bits[(key * _MIX) >> np.uint64(64 - _BITS)]
                for at, value in zip(begins[hits], key[hits], strict=True):
                    yield from self._full(
                        data, start + int(at) - 1, width, int(value), whole=whole
                    )

    def _full(self, data: bytes, at: int, width: int, key: int, *, whole: bool) -> Iterator[str]:
        for text in self.keys[width].get(key, ()):
            end = at + len(text)
            if (text in self.whole) != whole or data[at:end] != text:
                continue
            after = data[end] if end < len(data) else 10
            before = data[at - 1] if at else 10
            if whole and not (before in _EDGE and after in _EDGE):
                continue
            if not _WORD[after] and not _is_colour(data, at, end):
                yield text.decode()


def _bits(keys: Iterable[int]) -> np.ndarray:
    table = np.zeros(1 << _BITS, dtype=bool)
    values = np.array(sorted(keys), dtype=np.uint64)
    table[(values * _MIX) >> np.uint64(64 - _BITS)] = True
    return table


def _keys_at(part: np.ndarray, begins: np.ndarray, width: int) -> np.ndarray:
    key = np.zeros(len(begins), dtype=np.uint64)
    for k in range(width):
        key = (key << np.uint64(8)) | part[begins + k]
    return key


def _is_colour(data: bytes, at: int, end: int) -> bool:
    """Whether six characters after # are a colour, which looks like an id."""
    return end - at == 6 and data[at - 1 : at] == b"#" and data[at:end].isalnum()
