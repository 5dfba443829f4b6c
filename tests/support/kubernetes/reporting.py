"""What a failed test prints besides: what operators and clusters that run at that moment have to say."""

import pytest

alive = []  # of things with a story(namespace), None being all namespaces


class Reported:
    """A `with` of it is in the report."""

    def __enter__(self):
        alive.append(self)
        try:
            return self.start()
        except BaseException:
            for title, text in stories():
                print(f"--- {title}\n{text}")
            self.__exit__()
            raise

    def __exit__(self, *_):
        alive.remove(self)
        self.close()


def stories(namespace=None):
    """(title, text) of each."""
    for one in alive:
        try:
            text = one.story(namespace)
        except Exception as problem:  # the test's own failure is what counts
            text = f"cannot be told: {problem}"
        yield type(one).__name__, text


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """For a conftest.py."""
    report = (yield).get_result()
    if report.failed:
        report.sections += stories(item.funcargs.get("namespace"))
