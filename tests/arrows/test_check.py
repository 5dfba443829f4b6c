"""The check of the arrows catches what it is for."""

import pytest

from check import allowed_arrows, findings

TABLE = "| folder | may include | what |\n| --- | --- | --- |\n| `base` | | x |\n| `core` | `base` | y |\n| `drivers` | `core`, `base` | z |\n"


@pytest.fixture
def tree(tmp_path):
    def make(files):
        for name, content in {"docs/architecture.md": TABLE, "src/base/clock.h": "", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return list(findings(tmp_path))
    return make


def test_the_table_is_read():
    assert allowed_arrows(TABLE) == {"base": set(), "core": {"base"}, "drivers": {"core", "base"}}


def test_what_is_drawn_is_fine(tree):
    assert tree({"src/core/plan.cc": '#include "base/clock.h"\n#include "core/plan.h"\n#include "dunlin/plan.h"\n',
                 "src/drivers/postgres/pipeline.cc": "#include <libpq-fe.h>\n",
                 "include/dunlin/plan.h": '#include <vector>\n#include "dunlin/error.h"\n'}) == []


@pytest.mark.parametrize("name, content, said", [
    ("src/base/clock.cc", '#include "core/plan.h"\n', "base may include only nothing"),
    ("src/core/plan.cc", '#include "drivers/postgres/driver.h"\n', "core may include only base"),
    ("src/core/plan.cc", "#include <libpq-fe.h>\n", "only src/drivers/postgres may"),
    ("src/drivers/postgres/x.cc", "#include <sqlite3.h>\n", "only src/drivers/sqlite may"),
    ("src/core/plan.cc", '#include "../base/clock.h"\n', "in no folder of src/"),
    ("include/dunlin/plan.h", "#include <fmt/format.h>\n", "nobody else's"),
    ("include/dunlin/plan.h", "#include <sqlite3.h>\n", "nobody else's"),
    ("src/core/long.cc", "\n" * 601, "cut it in two"),
    ("src/core/util.cc", "", "name it by what it does"),
    ("src/extra/thing.cc", "", "not in the table"),
])
def test_what_is_not_drawn_is_found(tree, name, content, said):
    found = tree({"src/core/plan.h": "", "src/drivers/postgres/driver.h": "", name: content})
    assert len(found) == 1 and said in found[0]
