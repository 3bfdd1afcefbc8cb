"""Checks the page about a run, as it was written or as a browser has it: whole HTML
without anything from elsewhere, curves that have the points and the range of the metrics,
the plan and the settings.

  check_page.py PAGE METRICS
"""

import html.parser
import sys

import check_run

VOID = {"meta", "line", "polyline", "polygon"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.curves, self.texts, self.labels = [], {}, [], {}

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag not in ("script", "img", "link"), tag
        assert not any("//" in (value or "") for value in attributes.values()), attributes
        if tag == "svg":
            self.curve = attributes["data-curve"]
            self.labels[self.curve] = []
        if tag == "polyline":
            self.curves[self.curve] = [tuple(map(float, point.split(",")))
                                       for point in attributes["points"].split()]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] == "text":
            self.labels[self.curve].append(data)


page = Page()
with open(sys.argv[1]) as file:
    page.feed(file.read())
page.close()
assert not page.open, page.open
records = check_run.lines(sys.argv[2])
for name, key in (("loss", "loss"), ("learning rate", "lr"), ("eval loss", "eval_loss"),
                  ("samples per second", "samples_per_second")):
    values = [record[key] for record in records if key in record]
    # Values of a drawing's left side, from the top.
    top, bottom = float(page.labels[name][0]), float(page.labels[name][4])
    assert abs(top - max(values)) <= 1e-3 * abs(max(values)), (name, top, max(values))
    if min(values) < max(values):
        assert abs(bottom - min(values)) <= 1e-3 * max(values), (name, bottom, min(values))
    ends = [record["step"] for record in records if key in record]
    assert page.labels[name][5:] == [f"step {ends[0]}", str(ends[-1])], (name, page.labels[name])
    points = page.curves[name]
    assert points == sorted(points), name
    # Of many, neighbours are joined.
    few = len(values) < 1000
    assert len(points) == len(values) if few else 500 <= len(points) <= 1000, (name, len(points))
text = "\n".join(page.texts)
steps = [record["step"] for record in records if "loss" in record]
for wanted in ("strategy", "memory of a rank", "processor", f"{len(steps)}, to step {steps[-1]}", "fake.onnx"):
    assert wanted in text, wanted
