"""Opens pages in headless Chromium and lets axe-core judge them: light and dark, wide and 320 px,
with and without JavaScript.

    browse.py URL...            prints JSON: one entry per URL and setting

Each entry has the violations axe finds (id, impact, where), the addresses that were requested, what
the console complained of, whether the page is wider than the window, and its text. Chromium is asked
over its own protocol (Chrome DevTools Protocol).
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile

import aiohttp

LIMIT_S = 60
SETTINGS = [
    {"scheme": "light", "width": 1280, "script": True},
    {"scheme": "dark", "width": 1280, "script": True},
    {"scheme": "light", "width": 320, "script": True},
    {"scheme": "dark", "width": 320, "script": False},
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
JUDGE = """axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(result => JSON.stringify(
  result.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,
    nodes: v.nodes.map(n => ({where: n.target.join(" "), why: n.failureSummary}))}))))""" % json.dumps(RULES)
LOOK = """JSON.stringify({
  text: document.body.innerText,
  title: document.title,
  language: document.documentElement.lang,
  background: getComputedStyle(document.body).backgroundColor,
  sheets: document.styleSheets.length,
  overflow: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  small: [...document.querySelectorAll("a, button")].filter(e => {
    const box = e.getBoundingClientRect();
    return box.right > 0 && (box.width < 24 || box.height < 24); }).map(e => e.outerHTML)})"""


def axe():
    package = importlib.util.find_spec("axe_playwright_python")
    return (pathlib.Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")


class Browser:
    """One tab of a Chromium of our own."""

    def __init__(self, socket):
        self.socket, self.last, self.waiting, self.events = socket, 0, {}, []
        self.session = None
        self.loaded = asyncio.Event()
        self.axe = axe() + ";undefined"

    async def listen(self):
        async for message in self.socket:
            told = json.loads(message.data)
            if "id" in told:
                self.waiting.pop(told["id"]).set_result(told)
            else:
                self.events.append(told)
                if told.get("method") == "Page.loadEventFired":
                    self.loaded.set()

    async def ask(self, method, **params):
        self.last += 1
        answer = self.waiting[self.last] = asyncio.get_running_loop().create_future()
        request = {"id": self.last, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        await self.socket.send_str(json.dumps(request))
        told = await asyncio.wait_for(answer, LIMIT_S)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']}")
        return told["result"]

    async def evaluate(self, script):
        told = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"]))
        return told["result"].get("value")

    async def open_tab(self):
        self.session = None
        target = await self.ask("Target.createTarget", url="about:blank")
        told = await self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = told["sessionId"]
        for domain in ["Page", "Network", "Log", "Runtime"]:
            await self.ask(f"{domain}.enable")

    async def set(self, setting):
        """Colours and width, as they change under a reader's hands."""
        feature = {"name": "prefers-color-scheme", "value": setting["scheme"]}
        await self.ask("Emulation.setEmulatedMedia", features=[feature])
        await self.ask("Emulation.setDeviceMetricsOverride", width=setting["width"], height=800,
                       deviceScaleFactor=1, mobile=False)

    async def look_at(self, url):
        """Every setting of one page, in a tab of its own. Colours and width change as they do under a
        reader's hands: the page is loaded once with its scripts, and once without them."""
        await self.open_tab()
        seen, script = [], None
        for setting in SETTINGS:
            await self.set(setting)
            if setting["script"] != script:
                script = setting["script"]
                await self.load(url, script)
            seen.append(await self.judged(url, setting))
        await self.ask("Page.close")
        return seen

    async def load(self, url, script):
        await self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self.loaded.clear()
        await self.ask("Page.navigate", url=url)
        await asyncio.wait_for(self.loaded.wait(), LIMIT_S)
        # axe needs timers, which a page without scripts does not have.
        if script:
            await self.evaluate(self.axe)

    async def judged(self, url, setting):
        seen = json.loads(await self.evaluate(LOOK))
        seen |= {"url": url, "setting": setting, "requests": [], "complaints": [], "status": None}
        for event in self.events:
            method, params = event["method"], event["params"]
            if method == "Network.requestWillBeSent":
                seen["requests"].append(params["request"]["url"])
            elif method == "Network.responseReceived" and params["type"] == "Document":
                seen["status"] = params["response"]["status"]
            elif method == "Log.entryAdded":
                seen["complaints"].append(params["entry"]["text"])
        if setting["script"]:
            seen["violations"] = json.loads(await self.evaluate(JUDGE))
        folder = os.environ.get("BROWSE_PICTURES")
        if folder:
            picture = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
            import base64
            name = "".join(c if c.isalnum() else "-" for c in url)[-60:]
            path = pathlib.Path(folder) / f"{name}-{setting['scheme']}-{setting['width']}.png"
            path.write_bytes(base64.b64decode(picture["data"]))
        return seen


@contextlib.asynccontextmanager
async def chromium(hosts=()):
    """A browser of our own, until it is left. Hosts lead elsewhere, each as `NAME ADDRESS:PORT`."""
    rules = ",".join(f"MAP {host}" for host in hosts)
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not binary:
        sys.exit("browse: no chromium; apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            binary, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-first-run", f"--host-resolver-rules={rules}", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        try:
            address = await asyncio.wait_for(listening(process.stderr), LIMIT_S)
            drain = asyncio.create_task(process.stderr.read())
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                browser = Browser(socket)
                listener = asyncio.create_task(browser.listen())
                yield browser
                listener.cancel()
            drain.cancel()
        finally:
            process.kill()
            await process.wait()


async def main(urls):
    async with chromium() as browser:
        seen = [look for url in urls for look in await browser.look_at(url)]
    json.dump(seen, sys.stdout, indent=1, ensure_ascii=False)


async def listening(stderr):
    async for line in stderr:
        if line.startswith(b"DevTools listening on "):
            return line.split()[-1].decode()
    raise RuntimeError("chromium ended before it listened")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
