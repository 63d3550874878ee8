"""Hostile texts whose fault is the text as a whole: built by code, because a file could not hold them."""

from __future__ import annotations

from collections.abc import Iterator

Named = Iterator[tuple[str, str]]

_COUNT = 'n = release(count(table("heart")), epsilon=0.1)\n'


def texts() -> Iterator[tuple[str, str, str]]:
    """Name, escape class and text; each must be refused, quickly and without a crash."""
    for escape_class, build in (
        ("forbidden characters", _forbidden_characters),
        ("non-ASCII names", _non_ascii_names),
        ("bidi text", _bidi),
        ("huge literals", _huge),
        ("deep nesting", _deep_nesting),
        ("list too long", _long_lists),
        ("new syntax", _new_syntax),
        ("format strings", _new_format_strings),
    ):
        for name, text in build():
            yield name, escape_class, text


def _forbidden_characters() -> Named:
    yield "nul-at-the-end", _COUNT + "\0"
    yield "nul-in-a-name", "rel\0ease = 1\n"
    yield "nul-in-a-string", 't = table("he\0art")\n'
    yield "nul-in-a-comment", "# a comment \0 import os\n" + _COUNT
    yield "only-nul", "\0" * 1000
    yield "byte-order-mark", "\ufeff" + _COUNT
    yield "byte-order-mark-inside", _COUNT + "\ufeff" + _COUNT
    yield "bare-carriage-return-ends-a-comment", "# harmless \rimport os\n" + _COUNT
    yield "bare-carriage-return-between-statements", "x = 1\ry = 2\n"
    yield "bare-carriage-return-in-a-string", 't = table("heart\r")\n'
    yield "form-feed-resets-indentation", "def f(x):\n    y = x\n\f    return y\n"
    yield "vertical-tab", "x =\v1\n"
    yield "escape-character-in-a-comment", "# \x1b[2J\x1b[1;1H all fine\n" + _COUNT
    yield "delete-character", "x = 1\x7f\n"
    yield "no-break-space", "x\u00a0= 1\n"
    yield "line-separator-ends-a-comment-in-some-editors", "# a\u2028import os\n" + _COUNT
    yield "next-line-character-in-a-comment", "# a\u0085import os\n" + _COUNT
    yield "lone-surrogate", 't = table("heart\ud800")\n'
    yield "lone-surrogate-in-a-comment", "# \udfff\n" + _COUNT
    # A cookie is only a comment. Each text is refused as it stands, and is another program to a reader
    # that honours the cookie: UTF-7 turns "+AAo-" into a line feed, rot13 turns "vzcbeg" into "import".
    yield "encoding-cookie-utf-7", "# -*- coding: utf-7 -*-\nx = 1 +AAo-import os\n" + _COUNT
    yield "encoding-cookie-on-the-second-line", ("# a study\n# vim: fileencoding=rot13 :\nvzcbeg(1)\n")
    yield "encoding-cookie-of-no-codec", "# coding: no-such-codec\nvzcbeg(1)\n"
    yield "backslash-at-the-end", "x = 1 \\"
    yield "string-that-never-ends", 'x = """' + "a" * 1000
    yield "tab-and-spaces-disagree", "def f(x):\n\ty = x\n        return y\n"


def _non_ascii_names() -> Named:
    # NFKC makes each of these the plain ASCII word for CPython, though the text does not contain it.
    yield "fullwidth-release", "\uff52elease = 3\n"
    yield "mathematical-script-dunder", "x = (1).__\U0001d4b8lass__\n"
    yield "long-s-in-a-column", 't = table("heart")\nx = release(mean(t.\u017fex), epsilon=0.1)\n'
    yield "ligature-in-a-parameter", "def f(de\ufb01ned):\n    return defined\n"
    yield "superscript-in-a-called-function", "def f(x):\n    return x\u00aa\ny = f(1)\n"
    yield "fullwidth-low-line-dunder", "x = (1).\uff3f\uff3fclass\uff3f\uff3f\n"
    # These look like ASCII but are other letters: the reviewer greps for a word that is not there.
    yield "cyrillic-release", "def r\u0435lease(x):\n    return x\n"
    yield (
        "greek-omicron-in-over",
        ('t = table("heart")\ndef f(p):\n    return p.age\ns = release(sum(f, \u03bfver=t, clip=1.0), epsilon=0.1)\n'),
    )
    yield "cyrillic-loop-variable", "for \u0430ge in range(3):\n    x = 1\n"
    yield "accented-name-in-uncalled-function", "def f(x):\n    \u00e2ge = x\n    return 1\n"
    yield "combining-mark-in-where", 't = table("heart")\nu = t.where(t.a\u0301ge > 40)\n'
    yield "zero-width-joiner-in-a-name", "rele\u200dase = 1\n"
    yield "tag-characters-after-a-name", "x\U000e0061 = 1\n"
    yield "arabic-indic-digits", "x = \u0661\u0662\n"
    yield "minus-sign-is-not-a-hyphen", "x = 3 \u2212 1\n"
    yield "typographic-quotes", "t = table(\u201cheart\u201d)\n"


def _bidi() -> Named:
    yield "override-in-a-comment", "# \u202e )1.0=nolispe ,x(esaeler\n" + _COUNT
    yield "isolate-in-a-string", 't = table("\u2067heart\u2069")\n'
    yield (
        "embedding-makes-a-comment-look-like-code",
        ('x = 1  # \u202b\u2066n = release(count(table("heart")), epsilon=0.1)\u2069\n'),
    )
    yield (
        "override-in-a-label-inside-where",
        ('t = table("heart")\nu = t.where(t.sex == "\u202eelamef\u202c")\n'),
    )
    yield "mark-between-tokens", "x = 1 \u200f+ 2\n"
    yield (
        "override-in-a-docstring-of-an-uncalled-function",
        ('def f(x):\n    """adds \u202enothing"""\n    return x\n'),
    )
    yield "arabic-letter-mark-in-a-comment", "# a\u061cb\n" + _COUNT


def _huge() -> Named:
    yield "comment-beyond-64-kib", "#" * 65_600 + "\n"
    yield "string-beyond-64-kib", 'x = "' + "a" * 65_600 + '"\n'
    yield "spaces-beyond-64-kib", _COUNT + " " * 65_600
    yield "blank-lines-beyond-64-kib", "\n" * 70_000
    # 22,000 characters of three bytes each: short in code points, too long in bytes.
    yield "beyond-64-kib-in-bytes-only", "# " + "\u20ac" * 22_000 + "\n"
    yield "two-megabytes-of-list", "x = [" + "0," * 1_000_000 + "]\n"
    yield "more-than-20000-tokens", "x = 1\n" * 7_000
    yield "more-than-20000-operators-and-no-names", "+" * 21_000 + "1\n"
    # Quadratic in int(): CPython's own parser refuses from 4,300 digits, but with a message of its own.
    yield "integer-of-60000-digits", "x = " + "9" * 60_000 + "\n"
    yield "integer-of-4299-digits", "x = " + "9" * 4_299 + "\n"
    yield "binary-integer-of-60000-digits", "x = 0b" + "1" * 60_000 + "\n"
    yield "integer-of-underscores", "x = 1" + "_0" * 20_000 + "\n"
    yield "exponent-of-1000-digits", "x = 1e" + "9" * 1_000 + "\n"
    yield "unknown-name-of-60000-letters", "x = " + "a" * 60_000 + "\n"
    yield "string-glued-from-6000-pieces", "x = (" + '""' * 6_000 + " + 1)\n"
    yield (
        "parameters-by-the-thousand",
        ("def f(" + ", ".join(f"a{i}" for i in range(5_000)) + "):\n    return a0 + missing_name\n"),
    )
    yield "unicode-name-escape-of-nothing", 'x = "\\N{' + "A" * 30_000 + '}"\n'


def _deep_nesting() -> Named:
    deep = 10_000
    yield "parentheses", "x = " + "(" * deep + "1" + ")" * deep + "\n"
    yield "parentheses-just-over-the-limit", "x = " + "(" * 33 + "1" + ")" * 33 + "\n"
    yield "parentheses-never-closed", "x = " + "(" * deep + "\n"
    yield "brackets", "x = " + "[" * deep + "]" * deep + "\n"
    yield "brackets-mixed-and-crossed", "x = " + "([" * 5_000 + ")]" * 5_000 + "\n"
    yield "braces", "x = " + "{" * deep + "}" * deep + "\n"
    yield "pairs", "x = " + "(1, " * 6_000 + "1" + ")" * 6_000 + "\n"
    yield "unary-minus-chain", "x = " + "-" * deep + "1\n"
    yield "tilde-chain-inside-where", 't = table("heart")\nu = t.where(' + "~" * deep + "t.fbs)\n"
    yield "not-chain", "x = " + "not " * 8_000 + "True\n"
    yield "binary-chain", "x = 1" + " + 1" * 9_000 + " + missing_name\n"
    yield "binary-chain-to-the-right", "x = 2" + " ** 1" * 6_000 + "\n"
    yield "boolean-chain", "x = True" + " and True or False" * 2_000 + " and missing_name\n"
    yield "comparison-chain", "x = 1" + " < 1" * 9_000 + "\n"
    yield "conditional-chain", "x = " + "1 if True else " * 4_000 + "missing_name\n"
    yield "attribute-chain", 't = table("heart")\nx = t' + ".age" * 9_000 + "\n"
    yield (
        "attribute-chain-inside-release",
        ('t = table("heart")\nx = release(t' + ".age" * 9_000 + ", epsilon=0.1)\n"),
    )
    yield "where-chain-of-a-misspelt-column", ('t = table("heart")\nx = t' + ".where(t.fsb)" * 2_000 + "\n")
    yield "subscript-chain", "xs = [1]\nx = xs" + "[0]" * 6_000 + "\n"
    yield "subscript-inside-subscript", "xs = [0]\nx = " + "xs[" * 6_000 + "0" + "]" * 6_000 + "\n"
    yield "call-chain", "def f(x):\n    return f\ny = f" + "(1)" * 6_000 + "\n"
    yield "call-inside-call", ("def f(x):\n    return x\ny = " + "f(" * 6_000 + "1" + ")" * 6_000 + "\n")
    yield "lambda-chain", "f = " + "lambda: " * 5_000 + "1\n"
    yield "f-string-in-f-string", "x = " + "f'{" * 200 + "1" + "}'" * 200 + "\n"
    yield "walrus-chain", "x = " + "(y := " * 3_000 + "1" + ")" * 3_000 + "\n"
    yield "await-chain", "x = " + "await " * 8_000 + "1\n"
    yield "star-chain", "x = " + "*" * 8_000 + "y\n"
    yield "decorator-chain", "@table\n" * 8_000 + "def f(x):\n    return x\n"
    yield "assignment-chain", "x = " * 9_000 + "1\n"
    yield "indentation-of-branches", _indented("if True:", 99)
    yield "indentation-of-loops", _indented("for i in range(2):", 99)
    yield "indentation-of-functions", _indented("def f(x):", 99)
    yield "indentation-just-over-the-limit", _indented("if True:", 33)
    yield (
        "indentation-per-person",
        (
            't = table("heart")\ndef f(p):\n'
            + _indented("if True:", 90, start=1)
            + " return p.age\ns = release(sum(f, over=t, clip=1.0), epsilon=0.1)\n"
        ),
    )
    yield (
        "elif-chain",
        ("n = 1\nif n == 0:\n    x = 0\n" + "".join(f"elif n == {i}:\n    x = 1\n" for i in range(2_500))),
    )


def _indented(header: str, levels: int, start: int = 0) -> str:
    """One block inside the other, indented by `start` spaces and then by one more a level."""
    lines = [" " * (start + level) + header for level in range(levels)]
    return "\n".join([*lines, " " * (start + levels) + "x = 1\n"])


def _long_lists() -> Named:
    numbers = ", ".join(["0"] * 4_097)
    yield "literal-of-4097", f"xs = [{numbers}]\n"
    yield "literal-of-4097-in-a-pair", f"xs = ({numbers})\n"
    yield "literal-of-4097-as-loop-iterable", f"for x in [{numbers}]:\n    y = x\n"
    yield (
        "literal-of-4097-as-centres",
        (
            't = table("heart")\ndef f(p):\n'
            f"    return nearest(vector(p.age), [{numbers.replace('0', '[0]')}])\n"
            "s = release(sum(f, over=t, clip=1.0), epsilon=0.1)\n"
        ),
    )
    yield "literal-of-4097-in-an-uncalled-function", f"def f(x):\n    return [{numbers}]\n"
    yield (
        "bins-of-4099-edges",
        (
            f"bins = [{', '.join(map(str, range(4_099)))}]\n"
            'h = release(histogram(table("heart").age, bins=bins), epsilon=0.1)\n'
        ),
    )


def _new_syntax() -> Named:
    # CPython 3.14 parses this and 3.11 does not, so the place of the finding depends on the version.
    yield "except-without-parentheses", ("try:\n    x = 1\nexcept ValueError, TypeError:\n    x = 2\n")
    yield (
        "except-without-parentheses-per-person",
        (
            't = table("heart")\ndef f(p):\n    try:\n        return p.age\n'
            "    except ValueError, TypeError:\n        return 0\n"
            "s = release(sum(f, over=t, clip=1.0), epsilon=0.1)\n"
        ),
    )


def _new_format_strings() -> Named:
    # CPython 3.12 allows the same quotes inside; 3.11 ends the string there.
    yield "f-string-reuses-its-quotes", 'x = f"{table("heart")}"\n'
    yield "f-string-with-a-backslash-inside", "x = f\"{'\\n'}\"\n"
