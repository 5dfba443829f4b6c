"""What is promised to those who come from migrations-operator: each case of its own tests and each of its defects has a test
here, which has the number in its name."""

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Of its tests: its controller's, its webhook's, its HTTP API's and the ready API's of it, both parts together, and from end to end.
CASES = [*(f"C{number:02}" for number in range(1, 19)), *(f"W{number:02}" for number in range(1, 10)), "H01",
         *(f"R{number:02}" for number in range(1, 4)), "M01", "E01"]
# Of its defects: outages and lost data, what keeps people from using it, and the rest together.
DEFECTS = [*(f"P0_{number}" for number in range(1, 9)), *(f"P1_{number}" for number in range(1, 13)), "P2"]


def names_of_tests():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "tests/*_test.cc", "tests/*/test_*.py"],
                            cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    texts = [(REPOSITORY / name).read_text() for name in listed if (REPOSITORY / name).is_file()]
    return [name for text in texts for name in re.findall(r"^TEST(?:_[FP])?\(\w+, (\w+)\)|^def (test_\w+)", text, re.MULTILINE)]


def numbers(name):
    return {number.upper() for number in re.findall(r"(?:^|_)([cwhrme]\d\d|p[01]_\d+|p2)(?=_|$)", name, re.IGNORECASE)}


def test_every_number_is_in_the_name_of_a_test():
    assert len(CASES) == 33 and len(DEFECTS) == 21
    found = {number for names in names_of_tests() for name in names for number in numbers(name)}
    assert [number for number in [*CASES, *DEFECTS] if number not in found] == []


def test_numbers_are_read_as_such():
    assert numbers("test_e01_from_first_to_last") == {"E01"}
    assert numbers("P1_12_TheNamespaceIsTheRequests") == {"P1_12"} and numbers("P2_IsTheRest") == {"P2"}
    assert numbers("P1_1_AFailedPod") == {"P1_1"} and numbers("C01_C02_Both") == {"C01", "C02"}
    assert numbers("test_what_c1_and_w100_do") == set()
