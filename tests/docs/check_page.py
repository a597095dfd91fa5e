"""Checks a report page: contrast of every colour pair, text alternatives, headings, no network, and, where a Chromium
is at hand, that it opens without console messages and does not scroll sideways at 400 and 1600 pixels.

Usage: python check_page.py REPORT_HTML
"""
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


def check_browser(path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        print("no Chromium at hand: the page was not opened")
        return []
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for width in (400, 1600):
            # the width of the content beside that of the window, told through the title of a copy
            copy = pathlib.Path(folder) / f"{width}.html"
            probe = "<script>document.title = document.documentElement.scrollWidth + '/' + innerWidth</script></body>"
            copy.write_text(pathlib.Path(path).read_text().replace("</body>", probe))
            run = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                                  "--v=0", f"--user-data-dir={folder}/profile", f"--window-size={width},1000",
                                  "--dump-dom", copy.as_uri()], capture_output=True, text=True, timeout=120)
            title = re.search("<title>(\\d+)/(\\d+)</title>", run.stdout)
            if not title:
                problems.append(f"the page did not open at {width} pixels: {run.stderr[-300:]}")
            elif int(title[1]) > int(title[2]):
                problems.append(f"{title[1]} pixels of content in a window of {title[2]}")
            problems += [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    return problems


if __name__ == "__main__":
    found = check_static(pathlib.Path(sys.argv[1]).read_text()) + check_browser(sys.argv[1])
    print("\n".join(found))
    sys.exit(1 if found else 0)
