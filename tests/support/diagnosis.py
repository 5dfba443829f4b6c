"""What dunlin doctor --json says."""


class Diagnosis:
    def __init__(self, document):
        self.document = document
        self.findings = document["findings"]

    def of(self, check, level=None):
        return [one for one in self.findings if one["check"] == check and level in (None, one["level"])]

    def one(self, check, level):
        found = self.of(check)
        assert len(found) == 1 and found[0]["level"] == level, found
        return found[0]

    def troubles(self):
        return [one for one in self.findings if one["level"] in ("warning", "error")]
