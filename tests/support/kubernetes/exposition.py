"""What a /metrics says, and what Prometheus queries ask for."""

import http.client
import re
from dataclasses import dataclass

SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# Of a query: what is followed by a parenthesis, and what stands between. Other words are metrics.
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset", "bool"}
GROUPING = re.compile(r"\bby\s*\(([^)]*)\)")
# What Prometheus itself adds to a target's metrics, and a dashboard's variables.
ADDED = {"instance", "job", "pod"}


@dataclass(frozen=True)
class Sample:
    name: str
    labels: dict
    value: float


def scrape(host, port):
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        return parse(answer.read().decode())
    finally:
        connection.close()


def parse(text):
    samples = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            samples.append(Sample(name, dict(LABEL.findall(labels or "")), float(value)))
    return samples


@dataclass(frozen=True)
class Selector:
    """A metric in a query, with its matchers (label, operator, value) and the labels that its query groups by."""

    name: str
    matchers: tuple
    grouped_by: frozenset


def selectors(query):
    """Of each metric in the query. `label_values(metric, label)` of a dashboard's variables is one."""
    variable = re.fullmatch(r"label_values\((.*),\s*(\w+)\)", query)
    if variable:
        return [Selector(one.name, one.matchers, frozenset([variable[2]])) for one in selectors(variable[1])]
    grouped_by = frozenset(label.strip() for names in GROUPING.findall(query) for label in names.split(",")) - ADDED
    bare = re.sub(r"\[[^\]]*\]", "", GROUPING.sub("", query))
    bare = re.sub(r"\b(?:on|ignoring)\s*\([^)]*\)|\boffset\s+\w+", "", bare)
    found = []
    for match in re.finditer(r'(?<![\w"$])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?', without_texts(bare)):
        name, behind = match[1], match[2] or ""
        if name not in WORDS and behind != "(":
            matchers = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', bare[match.start():match.end()])
            found.append(Selector(name, tuple(matchers), grouped_by))
    return found


def without_texts(query):
    """With blanks in their place, so that nothing moves."""
    return re.sub(r'"[^"]*"', lambda match: '"' + " " * (len(match[0]) - 2) + '"', query)


def missing(query, samples):
    """What of the query is not among the samples: "" when every metric has its labels, and the values that are asked for."""
    for one in selectors(query):
        of_name = [sample for sample in samples if sample.name == one.name]
        if not of_name:
            return one.name
        wanted = {label for label, _, _ in one.matchers} | one.grouped_by
        if not all(wanted - ADDED <= set(sample.labels) for sample in of_name):
            return f"{one.name}{sorted(wanted - set(of_name[0].labels))}"
        for label, operator, value in one.matchers:
            if operator == "=" and "$" not in value and value not in {sample.labels[label] for sample in of_name}:
                return f'{one.name}{{{label}="{value}"}}'
    return ""
