"""The checks can fail: each is shown something wrong, and something right."""
import contextlib
import io
import pathlib
import tempfile
import unittest

import check_docs
import check_symbols
import check_text
import test_summary


class CheckText(unittest.TestCase):
    def test_habits(self):
        for name, text, wrong in [
            ("src/a.cc", "int a;\n", None),
            ("src/a.cc", "int a; \n", "trailing whitespace"),
            ("src/a.cc", "\tint a;\n", "a tab"),
            ("Makefile", "all:\n\ttrue\n", None),
            ("src/a.cc", "x" * 121 + "\n", "121 characters"),
            ("docs/a.md", "x" * 121 + "\n", None),
            ("README.md", "no newline", "no newline"),
            ("README.md", "see /wo" + "rk/main/x\n", "a path of one machine"),
            ("README.md", "see https://example.com/work/x\n", None),
            ("README.md", "from py" + "pi.org\n", "package registry"),
        ]:
            found = [what for _, what in check_text.problems(name, text)]
            with self.subTest(text=text[:40]):
                self.assertEqual(len(found), 0 if wrong is None else 1, found)
                self.assertTrue(wrong is None or wrong in found[0], found)


class CheckDocs(unittest.TestCase):
    def test_names(self):
        source = "class Engine { void Submit(); };"
        for markdown, wrong in [
            ("`Engine::Submit()` and `src/rooms.toml` and `base/result.h`", None),
            ("`Engine::Vanish()`", "Vanish"),
            ("`src/nowhere/x.h`", "no such file"),
            ("[x](LICENSE)", None),
            ("[x](NOWHERE.md)", "no such file"),
            ("# One\n[x](#one)", None),
            ("# One\n[x](README.md#not-a-heading-there)", "no such heading"),
            ("cmake --preset release", None),
            ("cmake --preset nothing", "no such preset"),
            ("```\n./run\n```", None),
            ("```\n./walk\n```", "no such file"),
        ]:
            found = list(check_docs.problems("README.md", markdown, source))
            with self.subTest(markdown=markdown):
                self.assertEqual(len(found), 0 if wrong is None else 1, found)
                self.assertTrue(wrong is None or wrong in found[0], found)


class CheckSymbols(unittest.TestCase):
    def test_weak(self):
        nm = "0000 T yun::Avx2Table()\n0000 W std::vector<int>::size() const\n     w __gmon_start__\n     U memcpy\n"
        self.assertEqual(list(check_symbols.weak_symbols(nm)), ["std::vector<int>::size() const"])


class Summary(unittest.TestCase):
    def run_on(self, stages, files):
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder)
            (results / "unit").mkdir()
            (results / "stages.tsv").write_text(stages)
            for name, text in files.items():
                (results / name).write_text(text)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = test_summary.main(results)
            return code, out.getvalue().splitlines()[-1]

    def test_counts(self):
        ctest = '<testsuite><testcase name="base" status="run" time="1"/>{}</testsuite>'
        crash = '<testcase name="hub" status="fail" time="1"><failure/></testcase>'
        base = ('<testsuites><testsuite><testcase name="a" status="run"/><testcase name="b" status="run"><skipped/>'
                '</testcase></testsuite></testsuites>')
        pytest = '<testsuites><testsuite><testcase classname="api.test_chat" name="x"/></testsuite></testsuites>'
        good = {"unit.xml": ctest.format(""), "unit/base_test.xml": base}
        for stages, files, last, code in [
            ("unit\t0\t1\n", good, "1 passed, 0 failed, 1 skipped", 0),
            ("unit\t8\t1\n", {**good, "unit.xml": ctest.format(crash)}, "1 passed, 1 failed, 1 skipped", 1),
            ("unit\t0\t1\nacross\t0\t1\n", {**good, "across.xml": pytest}, "2 passed, 0 failed, 1 skipped", 0),
            ("unit\t0\t1\nacross\t2\t1\n", good, "1 passed, 1 failed, 1 skipped", 1),
            ("setup\t0\t1\nbuild\t1\t9\n", {}, "0 passed, 1 failed, 0 skipped", 1),
            ("setup\t0\t1\n", {}, "0 passed, 0 failed, 0 skipped", 1),
        ]:
            with self.subTest(stages=stages):
                self.assertEqual(self.run_on(stages, files), (code, last))


if __name__ == "__main__":
    unittest.main()
