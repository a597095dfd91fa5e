"""Opens the folder that `segment predict --view` left in a headless Chromium and checks that it shows what the map says:
under the pointer, in the colours on the screen, with classes switched off; that no tile is missing wherever one goes, the
console stays empty, nothing is asked of the network, and that it can be read: contrast, names of controls, narrow screens.

Usage: python check_view.py VIEW_FOLDER MAP_PNG [SCREENSHOT_FOLDER]
The exit code is 1 where something is wrong, 77 without a Chromium.
"""
import json
import pathlib
import random
import sys
import time

from browser import Browser, find_chromium

OPENS_WITHIN = 2.0  # seconds
FLOODS = 20_000_000  # pixels of a map that this script holds
SETTLED = """mapView.map && !mapView.map._animatingZoom && !mapView.map._panAnim?._inProgress &&
    Object.values(mapView.layers).every((layer) => !layer || !mapView.map.hasLayer(layer) || !layer.isLoading())"""

# Tiles fade in, and what is drawn is on the screen a frame later.
DRAWN = """[...document.querySelectorAll(".leaflet-tile-loaded")].every((tile) => getComputedStyle(tile).opacity === "1") &&
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""

# Tiles that the view needs and does not have.
MISSING = """(() => {
  const level = mapView.layers.classes.level(), size = mapView.levelSize(level), side = mapView.description.tile;
  const view = mapView.map.getBounds(), missing = [];
  const clamp = (value, most) => Math.min(most - 1, Math.max(0, Math.floor(value / size.factor)));
  const tileAt = (value, most) => Math.floor(clamp(value, most) / side);
  for (let row = tileAt(view.getSouth(), size.height); row <= tileAt(view.getNorth(), size.height); ++row) {
    for (let column = tileAt(view.getWest(), size.width); column <= tileAt(view.getEast(), size.width); ++column) {
      const key = `${level}/${column}_${row}`;
      if (!mapView.layers.classes.held.has(key)) missing.push(`classes/${key}`);
      const image = document.querySelector(`img[src="picture/${key}.jpg"]`);
      if (!image?.naturalWidth) missing.push(`picture/${key}`);
    }
  }
  return missing;
})()"""

# What cannot be read or used: text against what lies behind it (WCAG 2.1, 4.5 : 1), controls without a name, what is cut.
READABLE = """(() => {
  const problems = [], parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => parse(color).slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if ((parse(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  for (const element of document.querySelectorAll("#panel *, #reading *, .scale, .leaflet-bar a")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility()) continue;
    const [high, low] = [getComputedStyle(element).color, behind(element)].map(luminance).sort((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) < 4.5 && !element.matches("[aria-disabled=true], .leaflet-disabled"))
      problems.push(`contrast of "${element.textContent.trim().slice(0, 30)}"`);
  }
  for (const control of document.querySelectorAll("input, button, [role=slider], [role=application]")) {
    if (!control.labels?.length && !control.textContent.trim() && !control.getAttribute("aria-label"))
      problems.push(`${control.id || control.className} has no name`);
  }
  if (document.documentElement.scrollWidth > innerWidth) problems.push("the page is wider than the screen");
  for (const element of document.querySelectorAll(".scale, #reading")) {
    if (element.checkVisibility() && element.scrollWidth > element.clientWidth)
      problems.push(`${element.id || element.className} has text beyond its border`);
  }
  for (const element of document.querySelectorAll("#controls *")) {
    if (element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
      problems.push(`${element.id || element.className || element.tagName} is cut`);
  }
  return problems;
})()"""


class Check:
    def __init__(self, browser, view, map_png):
        self.browser, self.view, self.map_png, self.problems = browser, view, map_png.read_bytes(), []

    def say(self, condition, text):
        if not condition:
            self.problems.append(text)

    def settle(self):
        self.browser.wait_for(SETTLED)

    def go_to(self, x, y, level):
        self.browser.evaluate(f"mapView.map.setView([{y}, {x}], {level}, {{animate: false}}) && null")
        self.settle()

    def opens(self):
        seconds = OPENS_WITHIN
        for _ in range(20):  # other work on the machine may hold one up
            begin = time.monotonic()
            self.browser.open(self.view / "index.html")
            self.settle()
            seconds = min(seconds, time.monotonic() - begin)
            if seconds < OPENS_WITHIN:
                break
        self.description = self.browser.evaluate("mapView.description")
        self.say(seconds < OPENS_WITHIN, f"it took {seconds:.2f} s to open")
        self.say(not self.browser.evaluate(MISSING), "tiles are missing at the start")
        print(f"opened in {seconds:.2f} s: {self.description['width']} x {self.description['height']} pixels")

    def class_of(self, color):
        names = [c["name"] for c in self.description["classes"] if c["color"] == color]
        return names[0] if names else "no data"

    def says_what_the_map_says(self, random_source):
        width, height = self.description["width"], self.description["height"]
        points = [[random_source.randrange(width), random_source.randrange(height)] for _ in range(12)]
        points += [[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]]
        for (x, y), color in zip(points, self.browser.colors_at(self.map_png, points)):
            self.go_to(x, y, self.description["levels"] - 1)
            place = self.browser.evaluate(f"""(() => {{ const box = mapView.map.getContainer().getBoundingClientRect();
                const corner = mapView.map.latLngToContainerPoint([{y}, {x}]);
                return [corner.x + box.left + 0.5, corner.y + box.top + 0.5]; }})()""")
            self.browser.point_at(*place)
            expected = self.class_of(color)
            said = self.browser.evaluate("document.querySelector('#reading:not([hidden]) strong')?.textContent")
            self.say(said == expected, f"at {x}, {y} it says {said}, and the map {expected}")
            details = self.browser.evaluate("document.getElementById('reading').textContent")
            self.say(f"x {x}, y {y}" in details, f"at {x}, {y} it says {details}")

    def knows_the_regions(self, random_source):
        """The area under the pointer against a flood of the map's pixels, at levels of all kinds."""
        width, height, levels = (self.description[k] for k in ("width", "height", "levels"))
        if width * height > FLOODS:
            return print("not flooded, being large: what the page knows of regions")
        pixels = self.browser.pixels_of(self.map_png)
        for _ in range(6):
            x, y = random_source.randrange(width), random_source.randrange(height)
            color = pixels[y * width + x]
            if self.class_of(list(color)) == "no data":
                continue
            seen, stack = {y * width + x}, [y * width + x]
            while stack:
                at = stack.pop()
                column = at % width
                for near in ([at - 1] * (column > 0) + [at + 1] * (column < width - 1) + [at - width, at + width]):
                    if 0 <= near < len(pixels) and near not in seen and pixels[near] == color:
                        seen.add(near)
                        stack.append(near)
            self.go_to(x, y, random_source.randrange(levels))
            self.browser.evaluate(f"mapView.regions.pointAt(L.latLng({y} + 0.5, {x} + 0.5))")
            told = self.browser.evaluate("[mapView.regions.region?.pixels, mapView.regions.region?.probability]")
            self.say(told[0] == len(seen), f"the region at {x}, {y} has {told[0]} pixels in place of {len(seen)}")
            self.say(told[1] and told[1] <= 1, f"the region at {x}, {y} has the probability {told[1]}")

    def shown(self, points):
        """Colours on the screen at pixels of the picture, the pointer away."""
        places = self.browser.evaluate(f"""{json.dumps(points)}.map(([x, y]) => {{
            const corner = mapView.map.latLngToContainerPoint([y, x]);
            return [corner.x, corner.y]; }})""")
        self.browser.point_at(self.browser.evaluate("innerWidth") - 3, 3)
        self.browser.wait_for(DRAWN)
        return self.browser.colors_at(self.browser.screenshot(), places)

    def shows_what_the_map_says(self, random_source):
        width, height, level = self.description["width"], self.description["height"], self.description["levels"] - 1
        x, y = random_source.randrange(width), random_source.randrange(height)
        self.go_to(x, y, level)
        left, top, right, bottom = self.browser.evaluate("""(() => { const view = mapView.map.getBounds();
            return [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map(Math.round); })()""")
        points = [[random_source.randrange(max(0, left), min(width, right)),
                   random_source.randrange(max(0, top + 60), min(height, bottom - 60))] for _ in range(200)]
        points = [p for p in points if p[0] > left + 60 and p[0] < right - 60]  # not under the buttons
        expected = self.browser.colors_at(self.map_png, points)
        self.browser.evaluate("""(() => { const slider = document.getElementById("opacity"); slider.value = 100;
            slider.dispatchEvent(new Event("input")); })()""")
        self.browser.key("n")
        bare = self.shown(points)
        self.browser.key("a")
        expected = [under if self.class_of(mapped) == "no data" else mapped for under, mapped in zip(bare, expected)]
        wrong = sum(a != b for a, b in zip(self.shown(points), expected))
        self.say(wrong == 0, f"{wrong} of {len(points)} pixels have another colour than in the map")
        index = max(range(min(10, len(self.description["classes"]))), key=lambda i: sum(
            c == self.description["classes"][i]["color"] for c in expected))
        self.browser.key(str((index + 1) % 10))
        color = self.description["classes"][index]["color"]
        for point, seen, under, mapped in zip(points, self.shown(points), bare, expected):
            wanted = under if mapped == color else mapped
            self.say(seen == wanted, f"with class {index} off {point} is {seen} in place of {wanted}")
        self.browser.key(str((index + 1) % 10))
        self.say(self.shown(points) == expected, "a class that is on again is not as it was")
        self.browser.key("s")
        divider = self.browser.evaluate("document.getElementById('divider').getBoundingClientRect().left + 22")
        places = self.browser.evaluate(
            f"{json.dumps(points)}.map(([x, y]) => mapView.map.latLngToContainerPoint([y, x]).x)")
        for place, seen, under, mapped in zip(places, self.shown(points), bare, expected):
            if abs(place - divider) > 30:
                wanted = under if place < divider else mapped
                self.say(seen == wanted, f"swipe: {seen} at {place}, divider at {divider}")
        self.browser.key("s")

    def has_all_tiles(self, random_source):
        levels = self.description["levels"]
        self.go_to(self.description["width"] / 2, self.description["height"] / 2, levels - 1)
        for _ in range(25):
            self.browser.key(random_source.choice(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "-"]))
            self.settle()
            self.say(not (gone := self.browser.evaluate(MISSING)), f"missing: {gone}")
        for level in range(levels + 3):
            self.go_to(random_source.randrange(self.description["width"]),
                       random_source.randrange(self.description["height"]), level)
            self.say(not (gone := self.browser.evaluate(MISSING)), f"missing: {gone}")
        if self.description["uncertainty"]:
            self.browser.key("u")
            self.settle()
            self.say(self.browser.evaluate("mapView.layers.uncertainty.held.size > 0"), "no tile of uncertainty")

    def can_be_read(self, screenshots):
        for width, height in ((400, 800), (1600, 900)):
            for dark in (False, True):
                self.browser.resize(width, height, dark)
                self.browser.open(self.view / "index.html")
                self.settle()
                self.browser.point_at(width // 3, 200)
                if dark:
                    self.browser.key("s")
                    self.browser.key("u")
                    self.settle()
                name = f"{width} pixels, {'dark' if dark else 'light'}"
                self.problems += [f"{name}: {problem}" for problem in self.browser.evaluate(READABLE)]
                if screenshots:
                    self.browser.wait_for(DRAWN)
                    picture = f"view_{width}_{'dark' if dark else 'light'}.png"
                    (screenshots / picture).write_bytes(self.browser.screenshot())


def main():
    if not find_chromium():
        print("no Chromium at hand")
        return 77
    view, map_png = map(pathlib.Path, sys.argv[1:3])
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    source = random.Random(seed)
    with Browser() as browser:
        check = Check(browser, view, map_png)
        check.opens()
        check.says_what_the_map_says(source)
        check.knows_the_regions(source)
        check.shows_what_the_map_says(source)
        check.has_all_tiles(source)
        check.can_be_read(pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None)
        problems = check.problems + [f"console: {line}" for line in browser.console]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
