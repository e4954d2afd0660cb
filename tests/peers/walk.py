"""Walks through pages in headless Chromium by keyboard alone, and lets axe-core judge those it is told to look at.

    walk.py < STEPS             prints JSON: one entry per look, as browse.py has them

STEPS is JSON, a list of steps:

    ["open", URL]               goes to a page
    ["script", true|false]      whether pages opened from now on run scripts
    ["to", SELECTOR]            presses Tab until this has the focus
    ["type", TEXT]              types, as soon as a field has the focus
    ["press", KEY]              presses Enter, Space, Tab, ArrowDown, Escape or the key of a character
    ["go", KEY]                 the same, and waits for the page that comes
    ["wait", SELECTOR]          waits until something like that is there
    ["look", NAME]              judges the page in light and dark, wide and 320 px
    ["glance", NAME]            the same without axe: what it says, whether it is wider than the window
    ["pictures", FOLDER]        from now on every look and glance keeps what it saw there, as PNG
    ["scheme", light|dark]      the colours of pages from now on
    ["host", "NAME ADDRESS:PORT"] where a name leads, from the beginning
    ["passkeys", true]          has a device that makes passkeys, and whose owner always agrees
    ["picture", FILE]           keeps what the window shows, as PNG
"""

import asyncio
import base64
import json
import pathlib
import sys

from browse import LIMIT_S, SETTINGS, chromium

KEYS = {
    "Enter": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Space": {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "ArrowDown": {"key": "ArrowDown", "code": "ArrowDown", "windowsVirtualKeyCode": 40},
    "Escape": {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27},
}
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
          "isUserVerified": True, "automaticPresenceSimulation": True}
# Nobody presses Tab more often to get anywhere on a page.
MOST_TABS = 60
# axe needs timers, which a page without scripts does not have.
LOOKS = [setting for setting in SETTINGS if setting["script"]]


class Walk:
    def __init__(self, browser):
        self.browser, self.script, self.seen = browser, True, []
        self.folder = None

    async def press(self, key):
        told = KEYS.get(key) or {"key": key, "text": key}
        kind = "keyDown" if "text" in told else "rawKeyDown"
        await self.browser.ask("Input.dispatchKeyEvent", type=kind, **told)
        await self.browser.ask("Input.dispatchKeyEvent", type="keyUp", **{**told, "text": ""})

    async def go(self, doing):
        self.browser.events.clear()
        self.browser.loaded.clear()
        await doing
        await asyncio.wait_for(self.browser.loaded.wait(), LIMIT_S)

    async def step(self, what, value):
        if what == "open":
            await self.go(self.browser.ask("Page.navigate", url=value))
        elif what == "script":
            self.script = value
            await self.browser.ask("Emulation.setScriptExecutionDisabled", value=not value)
        elif what == "to":
            await self.to(value)
        elif what == "type":
            # A page gives its first field the focus when it is drawn, which may be after it is loaded.
            await asyncio.wait_for(self.until(":focus:is(input, select, textarea)"), LIMIT_S)
            await self.browser.ask("Input.insertText", text=value)
        elif what == "press":
            await self.press(value)
        elif what == "go":
            await self.go(self.press(value))
        elif what == "wait":
            await asyncio.wait_for(self.until(value), LIMIT_S)
        elif what in ("look", "glance"):
            await self.look(value, what == "look")
        elif what == "pictures":
            self.folder = pathlib.Path(value)
            self.folder.mkdir(parents=True, exist_ok=True)
        elif what == "scheme":
            await self.browser.set(LOOKS[0] | {"scheme": value})
        elif what == "passkeys":
            await self.browser.ask("WebAuthn.enable", enableUI=False)
            await self.browser.ask("WebAuthn.addVirtualAuthenticator", options=DEVICE)
        elif what == "picture":
            await self.picture(pathlib.Path(value))
        elif what != "host":
            raise ValueError(what)

    async def to(self, selector):
        here = f"document.activeElement.matches({json.dumps(selector)})"
        for _ in range(MOST_TABS):
            if await self.browser.evaluate(here):
                return
            await self.press("Tab")
        raise RuntimeError(f"Tab does not lead to {selector}")

    async def until(self, selector):
        there = f"document.querySelector({json.dumps(selector)}) !== null"
        while not await self.browser.evaluate(there):
            await asyncio.sleep(0.02)

    async def picture(self, path, **params):
        picture = await self.browser.ask("Page.captureScreenshot", **params)
        path.write_bytes(base64.b64decode(picture["data"]))

    async def look(self, name, judge):
        if judge:
            await self.browser.evaluate(self.browser.axe)
        for setting in LOOKS:
            await self.browser.set(setting)
            told = setting if judge else setting | {"script": False}
            self.seen.append({"name": name} | await self.browser.judged(name, told))
            if self.folder:
                path = self.folder / f"{name}-{setting['scheme']}-{setting['width']}.png"
                await self.picture(path, captureBeyondViewport=True)
        await self.browser.set(LOOKS[0])


async def main(steps):
    hosts = [value for what, value in steps if what == "host"]
    async with chromium(hosts) as browser:
        walk = Walk(browser)
        await browser.open_tab()
        await browser.set(LOOKS[0])
        for number, (what, value) in enumerate(steps):
            try:
                await walk.step(what, value)
            except Exception as error:
                page = await browser.evaluate("document.location.href + ': ' + document.body.innerText")
                sys.exit(f"step {number}, {what} {value}: {error!r} at {page[:2000]}")
    json.dump(walk.seen, sys.stdout, indent=1, ensure_ascii=False)


asyncio.run(main(json.load(sys.stdin)))
