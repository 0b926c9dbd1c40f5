"""Shortcodes are no words; what stands between them is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.readers.markdown_text import text_and_heading
from relnews.readers.shortcodes import without_shortcodes

#: Code of templates, without words of the text.
CODES = [
    '{{< figure src="x.png" caption="a {curly} word" >}}', '{{< x "a >}} b" >}}',
    "{{< x `a >}} b` >}}", "{{< x\n  a=1\n  b=2 >}}", "{{< /x >}}", "{{< x />}}",
    "{{% x %}}", '{{% x "a %}} b" %}}',
    "{{% /x %}}", "{{</* x */>}}", "{{ page.title }}", '{{ "a }} b" | upper }}', "{{- x -}}",
    '{% include a.html b="100 %} of" %}', "{% note don't %}", "{% endnote %}", "{%- if x -%}",
    "{# a #}", "{% comment %}a {{ b }} c{% endcomment %}", "{{/* a */}}", "{: .lead #id}", "{#id}",
    "{:.a}", '[gallery ids="1,2"]', "[gallery]", '[caption id="a" width="3"]', "[/caption]",
    "[embed]https://a.example/b[/embed]", '[video src="a"]', "[audio]", '[su_box title="a b"]',
    "[contact-form-7 id=\"1\" title='a']",
]  # fmt: skip

words = st.sampled_from(
    ["ferry", "isn't", "100 %", "(rosters)", '"pier"', "a: b", "1 < 2", "don't"]
)


@pytest.mark.parametrize("code", CODES)
def test_code_is_no_text(code: str) -> None:
    """Each code goes, and the words around it stay."""
    assert without_shortcodes(f"Before. {code} After.").split() == ["Before.", "After."]


@given(st.lists(st.one_of(st.sampled_from(CODES), words), max_size=12))
def test_words_between_codes_stay(pieces: list[str]) -> None:
    """Whatever the order of words and codes, the words stay and the codes go."""
    kept = " ".join(piece for piece in pieces if piece not in CODES)
    assert without_shortcodes("\n\n".join(pieces)).split() == kept.split()


@pytest.mark.parametrize(
    "text",
    [
        "Use {{ to begin.\n\nAnd }} to end.", "An open {% stays.", "A brace {here} stays.", "{{<",
        "[x]", "[ ] task [x] done", "[link](a) [text][ref] [ref]: b", "[note] and [^1]",
        "Set a[i] = {1, 2}", "[Smith 2020, p = 3]", "100 %} of {% it", "}} and >}}",
    ],
)  # fmt: skip
def test_what_is_no_code_stays(text: str) -> None:
    """Braces and brackets of a text stay."""
    assert without_shortcodes(text).split() == text.split()


def test_the_inside_of_shortcodes_is_text() -> None:
    """Text between a beginning and an end stays; so do titles of admonitions."""
    text = (
        "[vc_row][vc_column][caption width='3']The pier[/caption][/vc_column][/vc_row] "
        "[box a=1]in a box[/box] {{< tab >}}in a tab"
        "{{< /tab >}}\n\n::: note Heed\nthis\n:::\n"
    )
    read = " ".join(text_and_heading(text)[0].split())
    assert read == "The pier in a box in a tab Heed this"


def test_lines_of_modules_are_no_text() -> None:
    """Imports and exports of MDX go; a sentence that begins so stays."""
    text = 'import A from "./a"\nexport const b = 1;\n\nimport duties rose.\n\n<A b={1}/>\n\nText.'
    assert text_and_heading(text, is_mdx=True)[0] == "import duties rose.\nText."


@pytest.mark.parametrize(
    "piece",
    ["{{<", "{{", "{%", "{% comment %}", "{{/*", "[gallery ", "[a b=", '[a b="', "{: .", "[embed]",
     '{{< "', "{{< ' >}}", "import 'a\" ", "[/caption", "{{{{", "[a b=c [/a]"],
)  # fmt: skip
def test_hostile_texts_take_no_minutes(piece: str) -> None:
    """A megabyte of one piece is read in seconds."""
    text = piece * (1_000_000 // len(piece))
    begin = time.process_time()
    without_shortcodes(text)
    assert time.process_time() - begin < 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Write `{{ page.title }}` here.", None),
        ("Write `[gallery]` and `{#id}`.", None),
        ("``a ` {{ b }}`` c", None),
        ("```\n{{< x >}}\n\n[caption]\n```\nAfter.", None),
        ("~~~ md\n::: note\n{% x %}\n~~~\n", None),
        ("```\n{{ never ended }}\n", None),
        ("a {% raw %}{{ b }}{% endraw %} c", "a {{ b }} c"),
        ("{%- raw -%}{% if %}{%- endraw -%}", "{% if %}"),
        ("A ` alone {{ x }} and\n\nb ` c", "A ` alone and\n\nb ` c"),
        ("{{< x `a` >}} b", "b"),
        ("[su_x]`[gallery]`[/su_x]", "`[gallery]`"),
    ],
)
def test_code_that_a_page_shows_is_text(text: str, words: str | None) -> None:
    """Code spans, fences and raw blocks keep what looks like a shortcode."""
    assert without_shortcodes(text).split() == (text if words is None else words).split()
