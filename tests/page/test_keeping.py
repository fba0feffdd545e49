"""What was written is not lost: reloads, damaged links, and the language that an address asks for."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.page.conftest import Opened
from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_opened_anew_begins_with_the_draft(opened: Opened) -> None:
    page = await opened.open()
    await page.locator(".editor.expression .cm-content").fill("sin(q) * 3")
    await opened.until_kept("sin(q) * 3")
    await page.goto("about:blank")
    await page.goto(opened.url)
    await opened.ready()
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("sin(q) * 3")


@pytest.mark.parametrize(
    ("fragment", "title"), [("#9.abc", "This link is from a newer version"), ("#1.abc", "This link is damaged")]
)
async def test_a_link_that_cannot_be_read_takes_nothing_away(opened: Opened, fragment: str, title: str) -> None:
    page = await opened.open()
    await page.locator(".editor.expression .cm-content").fill("cos(q)")
    await opened.until_kept("cos(q)")
    await page.evaluate("fragment => { location.hash = fragment }", fragment)
    await expect(page.locator(".problem")).to_contain_text(title)
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("cos(q)")
    await page.goto("about:blank")
    await page.goto(f"{opened.url}/{fragment}")
    await expect(page.locator(".problem")).to_contain_text(title)
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("cos(q)")
    assert await opened.all_complaints() == []


async def test_the_address_chooses_the_language(opened: Opened) -> None:
    page = await opened.open()
    await page.goto(f"{opened.url}/?lang=zh")
    await expect(page.get_by_role("button", name="运行", exact=True)).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "zh-Hans"
    key = page.locator(".graph-canvas text.key").first
    await expect(key).to_have_text("值")
    reference = page.locator(".toolbar a[href^='/docs']")
    await expect(reference).to_have_attribute("href", "/docs?lang=zh")
    await page.get_by_role("button", name="EN", exact=True).click()
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    await expect(key).to_have_text("value")
    await expect(reference).to_have_attribute("href", "/docs?lang=en")
    assert "lang=" not in page.url


KILLED = """import torch
x = torch.tensor(3.0, requires_grad=True)
y = x * x
y.backward()
import ctypes
ctypes.string_at(0)
"""


async def test_a_server_out_of_reach_and_a_killed_run_are_told_and_take_nothing(opened: Opened) -> None:
    page = await opened.open()
    card = page.locator(".card.problem")
    editor = page.locator(".editor.expression .cm-content")
    await page.context.set_offline(True)
    await editor.fill("tan(q) + q")
    await expect(card).to_contain_text("The server cannot be reached")
    await expect(card).to_contain_text("What you wrote is still here")
    await expect(editor).to_have_text("tan(q) + q")
    await expect(page.locator("g.node").first).to_be_visible()
    await opened.until_kept("tan(q) + q")
    await page.context.set_offline(False)
    await card.get_by_role("button", name="Try again").click()
    await expect(page.locator("g.node", has_text="tan(q)").first).to_be_visible()
    await expect(card).to_have_count(0)

    await page.get_by_role("tab", name="Program").click()
    program = page.locator(".editor.program .cm-content")
    await program.fill(KILLED)
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(card).to_contain_text("The run ended abruptly")
    await expect(program).to_contain_text("ctypes.string_at(0)")
    await expect(page.locator("g.node.leaf")).to_be_visible()
    await opened.until_kept("ctypes.string_at(0)")
    await page.goto("about:blank")
    await page.goto(opened.url)
    await expect(card).to_contain_text("The run ended abruptly")
    await expect(program).to_contain_text("ctypes.string_at(0)")
    # The browser itself says in its console that it was offline; nothing else may stand there.
    assert [line for line in await opened.all_complaints() if "ERR_INTERNET_DISCONNECTED" not in line] == [
        line for line in opened.complaints if "status of 422" in line
    ]


async def test_an_answer_that_breaks_off_shows_what_came(opened: Opened) -> None:
    page = await opened.open()
    lines = await page.evaluate(
        """async () => {
          const body = JSON.stringify({ expression: "u * u", variables: { u: 3 } });
          const headers = { "Content-Type": "application/json", Accept: "application/x-ndjson" };
          const text = await (await fetch("/api/trace", { method: "POST", headers, body })).text();
          return text.split("\\n").filter((line) => line && !line.includes('"event":"end"')).join("\\n") + "\\n";
        }"""
    )
    reply = {"status": 200, "content_type": "application/x-ndjson", "body": lines}
    await page.route("**/api/trace", lambda route: route.fulfill(**reply))
    await page.locator(".editor.expression .cm-content").fill("u * u")
    await expect(page.locator(".card.problem")).to_contain_text("The connection broke off")
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("u * u")
    assert await opened.all_complaints() == []


async def test_the_page_is_served_in_the_reader_s_language(browser: Browser, service_url: str) -> None:
    context = await browser.new_context(locale="zh-TW")
    page = await context.new_page()
    await page.goto(service_url)
    await expect(page.get_by_role("button", name="运行", exact=True)).to_be_visible()
    await page.get_by_role("button", name="课程").click()
    await expect(page.locator("dialog.examples .example").first).to_contain_text("二次函数")
    await page.keyboard.press("Escape")
    await page.locator(".editor.expression .cm-content").fill("a*x^2")
    await expect(page.locator(".card.problem")).to_contain_text("怎么改：")
    await context.close()


async def test_an_editor_that_cannot_be_fetched_is_a_plain_field_until_it_can(opened: Opened) -> None:
    page = opened.page
    await page.route("**/view/codemirror.js", lambda route: route.abort())
    await page.goto(opened.url)
    field = page.locator(".editor.expression textarea")
    await expect(page.locator("g.node").first).to_be_visible()
    await page.locator("label.field-label").click()
    await expect(field).to_be_focused()
    await field.fill("cos(q) + q")
    await expect(page.locator("g.node", has_text="cos(q)").first).to_be_visible()
    await expect(page.locator(".cm-editor")).to_have_count(0)
    await page.unroute("**/view/codemirror.js")
    await field.blur()
    await field.focus()
    editor = page.locator(".editor.expression .cm-content")
    await expect(editor).to_have_text("cos(q) + q")
    await expect(editor).to_be_focused()


async def test_a_part_that_cannot_be_fetched_comes_once_it_can(opened: Opened) -> None:
    page = await opened.open()
    await page.route("**/view/export.js", lambda route: route.abort())
    async with page.expect_event("requestfailed"):
        await page.get_by_role("button", name="Export").click()
    await page.unroute("**/view/export.js")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("dialog.export .example").first).to_be_visible()


COMPOSED = """import torch
x = torch.tensor(2.0, requires_grad=True)
loss = x * 3  # tripled
print("the loss", loss)
loss.backward()
"""
SELECT = """([first, last]) => {
  const content = document.querySelector(".editor.program .cm-content");
  const texts = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
  const place = (words, isEnd) => {
    texts.currentNode = content;
    while (texts.nextNode()) {
      const at = texts.currentNode.data.indexOf(words);
      if (at >= 0) return [texts.currentNode, isEnd ? at + words.length : at];
    }
  };
  getSelection().setBaseAndExtent(...place(first, false), ...place(last, true));
}"""


@pytest.mark.parametrize(
    ("first", "last", "line"),
    [
        ('"the loss"', '"the loss"', "print(中文, loss)"),
        ("# tripled", "# tripled", "loss = x * 3  中文"),
        ("the", "the", 'print("中文 loss", loss)'),
        ("tensor", "True", "x = torch.中文)"),
        ("loss", "tripled", "中文"),
    ],
)
async def test_an_input_method_composes_over_selected_coloured_source(
    opened: Opened, first: str, last: str, line: str
) -> None:
    page = await opened.open()
    await Stage(page, opened.url).trace(COMPOSED)
    await opened.until_kept("tripled")
    # What was written before a page was loaded is not undone in it.
    await page.reload()
    await opened.ready()
    content = page.locator(".editor.program .cm-content")
    await expect(content.locator(".tok-string").first).to_be_visible()
    await content.focus()
    await page.evaluate(SELECT, [first, last])
    session = await page.context.new_cdp_session(page)
    for text in ("z", "zh", "zhong", "中w", "中文"):
        await session.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )
        await expect(content).to_contain_text(text)
    await session.send("Input.insertText", {"text": "中文"})
    await expect(content.locator(".cm-line").filter(has_text="中文")).to_have_text(line)
    await page.keyboard.press("ControlOrMeta+z")
    await expect(content).not_to_contain_text("中文")
    await expect(content.locator(".cm-line")).to_have_text(COMPOSED.split("\n"))
    assert await opened.all_complaints() == []
