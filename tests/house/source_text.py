"""Reads C++ text far enough to tell code from comments and string literals."""

import re

_TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"([^()\\\s]{0,16})\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def _blank(text):
    return re.sub(r'[^\n]', ' ', text)


def code_only(text):
    """The text with comments and literals replaced by spaces; lines and columns stay."""
    return _TOKEN.sub(lambda match: _blank(match.group()), text)


def comments_only(text):
    """The text with all but comments replaced by spaces; lines and columns stay."""
    parts = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(_blank(text[end:match.start()]))
        token = match.group()
        parts.append(token if token.startswith(('//', '/*')) else _blank(token))
        end = match.end()
    parts.append(_blank(text[end:]))
    return ''.join(parts)


def without_comments(text):
    """The text with comments replaced by spaces and literals kept, for `#include "…"` lines."""
    return _TOKEN.sub(
        lambda match: _blank(match.group()) if match.group().startswith('/') else match.group(),
        text)
