"""Predict, then reveal, as a learner does it: by mouse, by keyboard, and from a teacher's link."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.page.stage import DESCENT, MATRIX, QUADRATIC, Stage
from tests.page.test_export import SVG, take
from tests.page.test_reason import id_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

TELLING = """import torch
w = torch.tensor(3.0, requires_grad=True)
b = torch.tensor(-2.0, requires_grad=True)
for step in range(2):
    loss = 23 * w * -b + 500
    loss.backward()
    print("loss", loss.item())
"""


async def guess_at_the_end(stage: Stage, program: str) -> tuple[dict[str, Any], Locator]:
    """Run a program, and guess by keyboard at its end: the trace, and the card that asks."""
    trace = await stage.trace(program)
    await stage.press("end")
    await stage.sentence.click()
    await stage.page.keyboard.press("p")
    return trace, stage.page.get_by_role("region", name="Predict, then reveal")


async def test_gradients_are_hidden_everywhere_until_they_are_guessed(stage: Stage) -> None:
    page = stage.page
    trace = await stage.trace(QUADRATIC)
    await stage.press("end")
    await page.get_by_role("button", name="Predict, then reveal").click()
    card = page.get_by_role("region", name="Predict, then reveal")
    await expect(card).to_contain_text("Choose a node")
    a = id_of(trace, "a")
    assert set((await stage.texts("gradient")).values()) <= {"?", None}
    flows = await page.locator(".graph-canvas .edge.ran .flow").all_text_contents()
    assert set(flows) == {"?"}
    # What is spoken follows what is written after a moment of rest.
    await expect(page.locator(f"#{a}")).not_to_have_attribute("aria-label", re.compile("16"))
    await page.locator(f"#{a}").click()
    await expect(page.locator(".inspector")).not_to_contain_text("16.0")
    await expect(page.locator(".output-view")).to_contain_text("tensor(?")
    await page.get_by_role("button", name="Show as a table").click()
    numbers = page.locator(".graph-table td.number:nth-of-type(3)")
    await expect(numbers.first).to_be_visible()
    assert set(await numbers.all_text_contents()) == {"?", "—"}
    await page.get_by_role("button", name="Show as a table").click()

    field = card.get_by_label("Your guess for a")
    await expect(card.locator(".hint code")).to_have_text(["2*8", "1/3"])
    await field.fill("nothing")
    await field.press("Enter")
    await expect(card.get_by_role("alert")).to_contain_text("not a number yet")
    await field.fill("2*4")
    await field.press("Enter")
    answer = card.locator(".answer")
    await expect(answer).to_contain_text("You said 2*4: 2 times too small, 8 away.")
    await expect(page.locator(f"#{a} text.gradient")).to_have_text("16")
    await expect(page.locator(f"#{id_of(trace, 'b')} text.gradient")).to_have_text("?")
    await page.locator(f"#{id_of(trace, 'b')}").click()
    await card.get_by_label("Your guess for b").fill("4")
    await card.get_by_role("button", name="Reveal", exact=True).click()
    await expect(answer).to_contain_text("Exactly right")
    await page.locator(f"#{id_of(trace, 'c')}").click()
    await card.get_by_role("button", name="Just show me").click()
    await expect(answer).to_contain_text("The gradient of c is 1.")
    await card.get_by_role("button", name="Hide the 3 revealed again").click()
    await expect(page.locator(f"#{a} text.gradient")).to_have_text("?")
    await card.get_by_role("button", name="Show everything again").click()
    await expect(page.locator(f"#{a} text.gradient")).to_have_text("16")
    await expect(card).to_have_count(0)


async def test_by_keyboard_alone_values_and_in_the_link(stage: Stage, browser: Browser) -> None:
    page = stage.page
    _, card = await guess_at_the_end(stage, QUADRATIC)
    await card.get_by_role("button", name="values", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("g.node.output text.value")).to_have_text("?")
    await expect(page.locator("g.node.leaf text.value").first).to_have_text("1")
    await page.locator("g.node.output").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("p")
    await expect(card.get_by_label("Your guess for y")).to_be_focused()
    await page.keyboard.type("27")
    await page.keyboard.press("Enter")
    await expect(card.locator(".answer")).to_be_focused()
    await expect(card.locator(".answer")).to_contain_text("Exactly right")
    await expect(page.locator("g.node.output text.value")).to_have_text("27")
    await page.get_by_role("button", name="Copy a link to exactly this").click()
    await expect(page.locator(".toast")).to_contain_text("Link copied")

    context = await browser.new_context(locale="zh-CN")
    other = await context.new_page()
    await other.goto(page.url)
    await expect(other.locator("g.node.output text.value")).to_have_text("27")
    # A link speaks the language of whoever copied it; the reader may choose another.
    await expect(other.get_by_role("region", name="Predict, then reveal")).to_contain_text("Exactly right")
    await other.get_by_role("button", name="中文").click()
    await expect(other.get_by_role("region", name="先猜，再揭晓")).to_contain_text("完全正确")
    await expect(other.locator("g.node.operation text.value").first).to_have_text("?")
    await context.close()


async def test_of_a_tensor_an_element_or_its_norm_is_guessed(stage: Stage) -> None:
    page = stage.page
    trace, card = await guess_at_the_end(stage, MATRIX)
    await page.get_by_role("button", name="Fit to window").click()
    await page.locator(f"#{id_of(trace, 'W')}").click()
    await card.get_by_label("Of the tensor [2, 2]:").select_option("norm")
    await card.get_by_label("Your guess for W").fill("2.1")
    await card.get_by_role("button", name="Reveal", exact=True).click()
    await expect(card.locator(".answer")).to_contain_text(re.compile(r"Very near.*W norm is 2\..*0\.1 away, 5 %", re.S))


async def test_curves_wait_for_the_guess(stage: Stage) -> None:
    page = stage.page
    await stage.trace(DESCENT)
    await stage.sentence.click()
    await page.keyboard.press("p")
    await page.get_by_role("button", name="Gradients", exact=True).click()
    await expect(page.locator(".curves-charts")).to_contain_text("hidden until you have guessed")
    await page.get_by_role("button", name="Show everything again").click()
    await expect(page.locator(".curves-charts figure")).to_have_count(2)


async def test_no_key_ends_guessing_unasked(stage: Stage) -> None:
    page = stage.page
    trace, card = await guess_at_the_end(stage, QUADRATIC)
    await page.locator(f"#{id_of(trace, 'a')}").click()
    await card.get_by_label("Your guess for a").fill("16")
    await page.keyboard.press("Enter")
    await expect(card.locator(".answer")).to_contain_text("Exactly right")
    asked = card.get_by_role("alert")
    hidden = page.locator(f"#{id_of(trace, 'b')} text.gradient")
    for key, words, answer in (
        ("c", "A comparison shows the numbers", "compare"),
        ("g", "The gradient check shows the numbers", "check"),
    ):
        await stage.sentence.click()
        await page.keyboard.press(key)
        await expect(asked).to_contain_text(words)
        await expect(asked).to_be_focused()
        await expect(hidden).to_have_text("?")
        await expect(asked.get_by_role("button", name=f"End guessing and {answer}")).to_be_visible()
        await asked.get_by_role("button", name="Go on guessing").click()
        await expect(asked).to_have_count(0)
        await expect(card).to_contain_text("Exactly right")
    await page.get_by_role("button", name="Compare: pin this moment").click()
    await asked.get_by_role("button", name="End guessing and compare").click()
    await expect(page.get_by_role("region", name="Compare")).to_be_visible()
    await expect(card).to_have_count(0)
    await expect(hidden).to_have_text("4")
    await page.keyboard.press("p")
    await expect(card).to_be_visible()
    await page.get_by_role("button", name="Check every gradient").click()
    await asked.get_by_role("button", name="End guessing and check").click()
    await expect(page.locator("g.pill.check.agrees").first).to_be_visible()


@pytest.mark.parametrize("hides", ["gradients", "values"])
async def test_no_panel_file_or_table_tells_what_is_to_be_guessed(stage: Stage, tmp_path: Path, hides: str) -> None:
    page = stage.page
    _, card = await guess_at_the_end(stage, TELLING)
    await card.get_by_role("button", name=hides, exact=True).click()
    await page.get_by_role("button", name="Landscape", exact=True).click()
    await expect(page.locator(".landscape-view")).to_contain_text("While you guess, the landscape stays hidden")
    await expect(page.locator(".plane, canvas.relief")).to_have_count(0)
    await page.locator(".to-flow").click()
    await expect(page.locator(".flow-view")).to_contain_text("While you guess, norms stay hidden")
    await page.get_by_role("button", name="Show as a table").click()
    table = page.locator(".graph-table")
    await expect(table).to_be_visible()
    told = "638" if hides == "values" else "-69"
    assert told not in await table.inner_text()
    await page.get_by_role("button", name="Show as a table").click()

    await page.get_by_role("button", name="Export").click()
    note = page.locator("dialog.export").get_by_role("note")
    await expect(note).to_contain_text("While you guess, files that hold the numbers are kept back")
    for title in ("SVG", "PNG", "PDF", "DOT", "JSON trace"):
        choice = page.locator("dialog.export .example").filter(has=page.get_by_text(title, exact=True))
        await expect(choice).to_be_disabled()
    film = await take(stage, "Animated SVG", tmp_path)
    words = {element.text for element in ElementTree.parse(film).getroot().iter(f"{SVG}text")}
    assert "?" in words
    assert told not in words
    await page.keyboard.press("Escape")
    assert told not in await page.locator("body").inner_text()

    await card.get_by_role("button", name="Show everything again").click()
    await page.get_by_role("button", name="Landscape", exact=True).click()
    await expect(page.locator(".plane")).to_be_visible()
    await page.get_by_role("button", name="Export").click()
    assert told in (await take(stage, "SVG", tmp_path)).read_text("utf-8")


async def test_the_lab_lists_no_gradient_that_is_to_be_guessed(stage: Stage) -> None:
    page = stage.page
    await stage.sentence.click()
    await page.keyboard.press("p")
    await page.locator(".lab-button").click()
    await page.locator("#lab-tab-check").click()
    await expect(page.locator("main.lab")).to_contain_text("While you guess, the check stays hidden")
    await expect(page.locator("main.lab .primary")).to_have_count(0)
    await page.locator("main.lab .lab-head .button").click()
    await page.get_by_role("button", name="Show everything again").click()
    await page.locator(".lab-button").click()
    await page.locator(".lab-run .primary").click()
    await expect(page.locator(".lab-leaf").first).to_be_visible()
