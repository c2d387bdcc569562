"""Pages have no white space that only people who edit templates need."""

import pytest
from django.template import engines
from django.template.loader import get_template

from studysite.templating.loader import without_layout

CASES = {
    "<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>\n": "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n",
    "{% if a %}\n  <b>a</b>\n{% endif %}\n<i>b</i>\n": "{% if a %}<b>a</b>\n{% endif %}<i>b</i>\n",
    "{% load x %}\n{# A comment. #}\n\n  a\n": "{% load x %}{# A comment. #}a\n",
    "{% if a %}b{% endif %}\nc\n": "{% if a %}b{% endif %}\nc\n",
    "{{ a }}\n{{ b }}\n": "{{ a }}\n{{ b }}\n",
    "{% now '50%' %} {% x %}\n": "{% now '50%' %} {% x %}",
    "a  b\n": "a  b\n",
}


@pytest.mark.parametrize("source", CASES)
def test_only_layout_is_left_out(source):
    assert without_layout(source) == CASES[source]


def test_words_and_elements_keep_the_space_between_them():
    source = "<b>a</b>\n  {% if yes %}\n    <b>b</b>\n  {% endif %}\n  {{ c }}\n"
    page = engines["django"].from_string(without_layout(source)).render({"yes": True, "c": "c"})
    assert page.split() == ["<b>a</b>", "<b>b</b>", "c"]


def test_pages_of_the_site_are_read_so():
    assert "\n  <" not in get_template("base.html").template.source


def test_texts_of_mails_keep_their_lines():
    source = get_template("account/email/base_message.txt").template.source
    assert source == (engines["django"].engine.dirs[0] / "account/email/base_message.txt").read_text("utf-8")
