"""Checks a report page: contrast of every colour pair, text alternatives, headings, no network, and, where a Chromium
is at hand, that it opens without console messages and keeps its layout at 400, 800 and 1600 pixels: nothing is cut, the
column and what is in it stand in the middle, charts use the width with letters of the page's size, names stay whole.

Usage: python check_page.py REPORT_HTML
"""
import html
import html.parser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def luminance(color):
    channels = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    """WCAG 2.1, definition of contrast ratio."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.problems, self.ids, self.level, self.stack = [], set(), 0, []
        self.title = self.language = False

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "html":
            self.language = bool(values.get("lang"))
        if tag == "title":
            self.title = True
        if tag == "img" and not values.get("alt"):
            self.problems.append("an img without alt")
        if tag == "svg" and not (values.get("role") == "img" and values.get("aria-label")):
            self.problems.append("an svg without role=img and aria-label")
        if tag in ("script", "iframe", "object"):
            self.problems.append(f"a <{tag}>")
        for name in ("src", "href"):
            if values.get(name, "data:").split(":")[0] != "data" and not values[name].startswith("#"):
                self.problems.append(f"{name} leaves the file: {values[name][:60]}")
        if "id" in values and values["id"] in self.ids:
            self.problems.append(f"two elements with the id {values['id']}")
        self.ids.add(values.get("id"))
        if re.fullmatch("h[1-6]", tag):
            if int(tag[1]) > self.level + 1:
                self.problems.append(f"<{tag}> after a heading of level {self.level}")
            self.level = int(tag[1])
        style = dict(part.split(":", 1) for part in values.get("style", "").split(";") if ":" in part)
        if "background" in style and contrast(style["background"], style.get("color", "#1b1b1b")) < 4.5:
            self.problems.append(f"contrast below 4.5: {values['style']}")
        if tag == "text":
            fill = values.get("fill", "#1b1b1b")
            if contrast(fill, "#ffffff") < 4.5:
                self.problems.append(f"contrast below 4.5: text {fill}")
        stroke = values.get("stroke", "none")
        if tag == "polyline" and contrast(stroke, "#ffffff") < 3:
            self.problems.append(f"contrast below 3: line {stroke}")


def check_static(text):
    page = Page()
    page.feed(text)
    problems = page.problems
    if not page.language or not page.title:
        problems.append("no language or no title")
    for rule in re.findall(r"([^{}]+)\{([^}]*)\}", re.search("<style>(.*?)</style>", text, re.S)[1]):
        color, background = re.search(r"(?<![-\w])color:\s*(#\w{6})", rule[1]), re.search(r"background:\s*(#\w{6})", rule[1])
        pair = (color[1] if color else "#1b1b1b", background[1] if background else "#ffffff")
        if (color or background) and contrast(*pair) < 4.5:
            problems.append(f"contrast below 4.5: {rule[0].strip()} {pair}")
    return problems


# What the layout promises, told by a page that shows the report in a frame of a given width.
PROBE = """
const page = frame.contentDocument, view = frame.contentWindow, problems = [], width = page.documentElement.clientWidth;
const box = (element) => element.getBoundingClientRect();
const main = box(page.querySelector("main"));
if (page.documentElement.scrollWidth > width) problems.push(`${page.documentElement.scrollWidth} pixels of content`);
if (Math.abs(main.left - (width - main.right)) > 1) problems.push("the column is not in the middle");
if (main.width > 1100) problems.push(`lines of ${main.width} pixels`);
for (const part of page.querySelectorAll(".scroll")) {
  const name = part.getAttribute("aria-label").slice(0, 30);
  const columns = part.querySelectorAll("thead tr > *").length;
  const most = part.classList.contains("matrix") ? 12 : 6;  // what a telephone holds; more may scroll in itself
  if (columns <= most && part.scrollWidth > part.clientWidth + 1) problems.push(`${name}: ${columns} columns are cut`);
  const table = box(part.querySelector("table")), inner = box(part);
  if (Math.abs(table.left - inner.left - (inner.right - table.right)) > 2 && part.scrollWidth <= part.clientWidth + 1)
    problems.push(`${name}: hugs one side`);
}
for (const row of page.querySelectorAll(".charts")) {
  const parts = [...row.children].map(box);
  const right = Math.max(...parts.map((p) => p.right));
  if (right - parts[0].left < 0.9 * main.width) problems.push("charts leave half of the column empty");
}
for (const text of page.querySelectorAll("svg text")) {
  if (!box(text).width) continue;  // folded away
  const size = parseFloat(view.getComputedStyle(text).fontSize) * text.getScreenCTM().a;
  if (size > 16 || size < 9.5) { problems.push(`letters of ${size.toFixed(1)} pixels in a chart`); break; }
}
for (const tail of page.querySelectorAll(".tail")) {
  if (tail.getClientRects().length > 1) problems.push(`torn: ${tail.textContent}`);
  const figure = tail.closest("figure");
  if (figure && box(tail).right > box(figure).right + 1) problems.push(`sticks out: ${tail.textContent}`);
}
for (const figure of page.querySelectorAll("figure")) {
  if (box(figure).right > width) problems.push("a picture is cut");
}
"""


def check_browser(path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        print("no Chromium at hand: the page was not opened")
        return []
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        report = html.escape(pathlib.Path(path).read_text(), quote=True)
        for width in (400, 800, 1600):
            # in a frame: a window is no narrower than 500 pixels, whatever it is asked for
            opener = pathlib.Path(folder) / f"{width}.html"
            opener.write_text(f"""<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe id="frame" style="border:0;width:{width}px;height:900px" srcdoc="{report}"></iframe><script>
frame.onload = () => {{ {PROBE}
document.title = "probed " + problems.join("; "); }}</script></body>""")
            run = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                                  "--v=0", f"--user-data-dir={folder}/profile", "--window-size=1700,1000",
                                  "--dump-dom", opener.as_uri()], capture_output=True, text=True, timeout=120)
            title = re.search("<title>probed ([^<]*)</title>", run.stdout)
            if not title:
                problems.append(f"the page did not open at {width} pixels: {run.stderr[-300:]}")
            elif title[1]:
                problems.append(f"at {width} pixels: {title[1]}")
            problems += [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    return problems


if __name__ == "__main__":
    found = check_static(pathlib.Path(sys.argv[1]).read_text()) + check_browser(sys.argv[1])
    print("\n".join(found))
    sys.exit(1 if found else 0)
