# SPDX-License-Identifier: Apache-2.0
"""What a proxy must find in a message before it acts on it (RFC 3261 §16.3 step 1); each check raises Bad or Unclear."""

import re

from . import grammar
from .expected import number
from .grammar import Bad, Unclear

KNOWN_METHODS = ("INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE "
                 "UPDATE").split()

_WORD = r'[^ \t;,="<>]+'
_RR_PARAMETERS = re.compile(rf"""(?:[ \t]*;[ \t]*{_WORD}(?:[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|{_WORD}))?)*[ \t]*$""")


def tokens(message, name):
    """The option tags of all rows of this name."""
    return [one.strip(" \t") for value in message.values(name) for one in value.split(",") if one.strip(" \t")]


def check_fields(request):
    message = request.message
    request.body = cut_body(message)
    for name in ("from", "to", "call-id", "cseq"):
        if not message.first(name):
            raise Bad(f"no {name}")
    request.call_id = message.first("call-id")
    if not grammar.is_call_id(request.call_id):
        raise Bad("call-id")
    request.from_tag = tag(message.first("from")) or ""
    request.to_tag = tag(message.first("to"))
    forwards = message.first("max-forwards")
    request.forwards = None if forwards is None else number(forwards, 255)


def check_cseq(request):
    if not request.message.first("cseq"):
        raise Bad("no cseq")
    request.cseq, method = cseq(request.message)
    if method != request.method:
        raise Bad("cseq method", 400 if request.method in KNOWN_METHODS else 501)


def check_uri(request):
    if not request.uri_text:
        return
    request.uri = grammar.parse_uri(request.uri_text)
    if request.uri.scheme not in ("sip", "tel", "urn"):
        raise Bad("scheme", 416)
    if request.uri.headers:
        raise Bad("headers in the Request-URI")


def check_routes(request):
    for value in request.message.values("route"):
        for one in grammar.split_list(value):
            if ">" in one and not _RR_PARAMETERS.match(one.rpartition(">")[2]):
                raise Unclear("parameters of a Route value")
            grammar.parse_uri(grammar.parse_name_addr(one, brackets_needed=True).uri_text)


def check_single(message):
    for name in grammar.SINGLE:
        if len(message.values(name)) > 1:
            raise Bad(f"{name} twice")


def cut_body(message):
    length = message.first("content-length")
    if length is None:
        return message.body
    return message.body[:number(length, len(message.body))]


def cseq(message):
    match = re.fullmatch(r"([0-9]+)[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)", message.first("cseq") or "")
    if not match:
        raise Bad("cseq")
    return number(match[1], 2**32 - 1), match[2]


def tag(value):
    found = grammar.parse_name_addr(value)
    tags = [text for name, text in found.parameters if name == "tag"]
    if len(tags) > 1 or (tags and (not tags[0] or tags[0].startswith('"'))):
        raise Bad("tag")
    if tags and not re.fullmatch(r"[A-Za-z0-9\-.!%*_+`'~]+", tags[0]):
        raise Unclear("tag")
    return tags[0] if tags else None


def vias(message):
    """The first two Via values; what stands below is not judged."""
    values = []
    for value in message.values("via")[:2]:
        try:
            values += grammar.split_list(value, brackets=False)
        except Bad as bad:
            if not values and "," not in value:
                raise
            raise Unclear("lower Via") from bad
        if len(values) > 1:
            break
    if not values:
        raise Bad("no via")
    if any(not one.strip() for one in values[1:]):
        raise Unclear("an empty value")
    return [one.strip(" \t") for one in values]
