#!/usr/bin/env python3
"""A model hub for tests, in the standard library alone: it speaks Hugging Face's and ModelScope's paths, and misbehaves on demand.

    python3 tests/hub/fake_hub.py FOLDER [--port 8470]      serves FOLDER/org/repo/... ; then
    HF_ENDPOINT=http://127.0.0.1:8470 yun pull hf:org/repo
"""
import argparse
import hashlib
import http.server
import json
import pathlib
import re
import threading
import time
import urllib.parse

CHUNK_BYTES = 16 << 10


class Trouble:
    """What goes wrong with one file; every list is used up from the front, one item a request."""

    def __init__(self):
        self.answers = []          # (status, headers) instead of the file
        self.cut_after = []        # bytes of the body after which the connection breaks
        self.wrong_bytes = 0       # requests whose first body byte is another one
        self.stall_after = []      # bytes after which nothing more comes
        self.bytes_per_second = 0  # 0: as fast as it goes
        self.ignore_range = False
        self.no_length = False     # chunked, no HEAD
        self.listed_bytes = None   # what the list says instead of the truth
        self.listed_sha256 = None


class Hub:
    """`files[repo][path]` are bytes; `with Hub() as hub:` serves them on `hub.url`."""

    def __init__(self, port=0):
        self.files, self.trouble = {}, {}
        self.token = None            # needed for everything when set
        self.page_items = 0          # the tree comes in pages of so many entries
        self.extra_listing = []      # entries added to every tree, as they are
        self.listing_answers = []    # (status, headers) instead of a list
        self.cdn = True              # large files are on another host
        self.lock = threading.Lock()
        self.requests = []           # (method, path, headers)
        self.served = {}             # (repo, path): body bytes sent
        self.active = self.active_max = 0
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def add(self, repo, files):
        self.files.setdefault(repo, {}).update(files)

    def on(self, repo, path):
        return self.trouble.setdefault((repo, path), Trouble())

    def bytes_served(self, repo, path):
        return self.served.get((repo, path), 0)

    def reset_counts(self):
        with self.lock:
            self.requests.clear()
            self.served.clear()

    # Large files are kept with a SHA-256, small ones in git, as the hubs do it.
    def is_large(self, path, data):
        return len(data) > 10_000 or path.endswith((".gguf", ".safetensors"))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        hub = self.hub
        parts = urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(parts.path), urllib.parse.parse_qs(parts.query)
        with hub.lock:
            hub.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        if m := re.fullmatch(r"/cdn/([^/]+/[^/]+)/(.+)", path):
            return self.send_file(m[1], m[2])
        if m := re.fullmatch(r"/files/([^/]+/[^/]+)/(.+)", path):
            return self.send_file(m[1], m[2], plain=True)
        if hub.token and self.headers.get("authorization") != f"Bearer {hub.token}":
            return self.send_text(401, "who are you?")
        if m := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/(.+)", path):
            return self.send_tree(m[1], query)
        if m := re.fullmatch(r"/api/v1/models/([^/]+/[^/]+)/repo/files", path):
            return self.send_ms_files(m[1])
        if m := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self.send_or_redirect(m[1], m[3])
        if m := re.fullmatch(r"/api/v1/models/([^/]+/[^/]+)/repo", path):
            if hub.token and f"m_session_id={hub.token}" not in self.headers.get("cookie", ""):
                return self.send_text(401, "who are you?")
            return self.send_or_redirect(m[1], query["FilePath"][0])
        self.send_text(404, "no such path")

    def send_text(self, status, text, headers=None, kind="text/plain"):
        body = text.encode()
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def listing_trouble(self):
        with self.hub.lock:
            answer = self.hub.listing_answers.pop(0) if self.hub.listing_answers else None
        if answer:
            self.send_text(answer[0], "trouble", answer[1])
        return answer is not None

    def send_tree(self, repo, query):
        hub = self.hub
        if self.listing_trouble():
            return None
        if repo not in hub.files:
            return self.send_text(404, json.dumps({"error": "Repository not found"}))
        entries = []
        for path, data in sorted(hub.files[repo].items()):
            trouble = hub.on(repo, path)
            size = len(data) if trouble.listed_bytes is None else trouble.listed_bytes
            git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry = {"type": "file", "oid": git, "size": size, "path": path}
            if hub.is_large(path, data):
                sha = trouble.listed_sha256 or hashlib.sha256(data).hexdigest()
                entry["lfs"] = {"oid": sha, "size": size, "pointerSize": 135}
            entries.append(entry)
        entries += hub.extra_listing
        headers = {}
        if hub.page_items:
            at = int(query.get("cursor", ["0"])[0])
            if at + hub.page_items < len(entries):
                headers["Link"] = (f'<{hub.url}/api/models/{repo}/tree/main?recursive=true&cursor={at + hub.page_items}>; '
                                   'rel="next"')
            entries = entries[at:at + hub.page_items]
        return self.send_text(200, json.dumps(entries), headers, "application/json")

    def send_ms_files(self, repo):
        hub = self.hub
        if self.listing_trouble():
            return None
        if repo not in hub.files:
            return self.send_text(404, json.dumps({"Code": 10010205001, "Message": "model not found", "Success": False}))
        files = [{"Path": path, "Name": path.rsplit("/", 1)[-1], "Type": "blob", "Size": len(data),
                  "Sha256": hashlib.sha256(data).hexdigest()} for path, data in sorted(hub.files[repo].items())]
        return self.send_text(200, json.dumps({"Code": 200, "Success": True, "Data": {"Files": files + hub.extra_listing}}),
                              kind="application/json")

    def send_or_redirect(self, repo, path):
        data = self.hub.files.get(repo, {}).get(path)
        if data is not None and self.hub.cdn and self.hub.is_large(path, data):
            # Another name of the same machine is another host: what is meant for the hub must not arrive there.
            return self.send_text(302, "", {"Location": f"http://localhost:{self.hub.port}/cdn/{repo}/{path}"})
        return self.send_file(repo, path)

    def send_file(self, repo, path, plain=False):
        hub = self.hub
        data = hub.files.get(repo, {}).get(path)
        if data is None:
            return self.send_text(404, "Entry not found")
        trouble = hub.on(repo, path)
        if self.command == "HEAD":
            if trouble.no_length:
                return self.send_text(405, "")
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", f'"{hashlib.md5(data).hexdigest()}"')
            return self.end_headers()
        with hub.lock:
            answer = trouble.answers.pop(0) if trouble.answers else None
            cut = trouble.cut_after.pop(0) if trouble.cut_after else None
            stall = trouble.stall_after.pop(0) if trouble.stall_after else None
            wrong = trouble.wrong_bytes > 0
            trouble.wrong_bytes -= wrong
        if answer:
            return self.send_text(answer[0], "trouble", answer[1])
        begin, status = 0, 200
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        if asked and not trouble.ignore_range and self.headers.get("if-range", etag) == etag:
            begin, status = int(asked[1]), 206
            if begin >= len(data):
                return self.send_text(416, "", {"Content-Range": f"bytes */{len(data)}"})
        body = data[begin:]
        if wrong and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        if plain:
            self.send_header("ETag", etag)
        if trouble.no_length:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with hub.lock:
            hub.active += 1
            hub.active_max = max(hub.active_max, hub.active)
        try:
            self.send_body(repo, path, body, trouble, cut, stall)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with hub.lock:
                hub.active -= 1
        return None

    def send_body(self, repo, path, body, trouble, cut, stall):
        for at in range(0, len(body), CHUNK_BYTES):
            chunk = body[at:at + CHUNK_BYTES]
            if cut is not None and at + len(chunk) > cut:
                chunk = chunk[:max(0, cut - at)]
            self.wfile.write(chunk)
            with self.hub.lock:
                self.hub.served[(repo, path)] = self.hub.served.get((repo, path), 0) + len(chunk)
            if cut is not None and at + len(chunk) >= cut:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            if stall is not None and at + len(chunk) >= stall:
                self.wfile.flush()
                time.sleep(30)
                self.close_connection = True
                return
            if trouble.bytes_per_second:
                time.sleep(len(chunk) / trouble.bytes_per_second)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=8470)
    arguments = parser.parse_args()
    hub = Hub(arguments.port)
    for file in sorted(arguments.folder.rglob("*")):
        parts = file.relative_to(arguments.folder).parts
        if file.is_file() and len(parts) > 2:
            hub.add("/".join(parts[:2]), {"/".join(parts[2:]): file.read_bytes()})
    with hub:
        print(f"serving {', '.join(hub.files) or 'nothing'} on {hub.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
