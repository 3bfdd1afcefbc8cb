"""Starts a training whose end waits for somebody to read its metrics from a pipe, and
meanwhile reads what it tells Prometheus.

  check_prometheus.py PROGRAM ARGUMENTS...
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request


def get(url):
    with urllib.request.urlopen(url, timeout=20) as reply:
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return reply.read().decode()


def main():
    with tempfile.TemporaryDirectory() as folder:
        # Lines beyond what a pipe holds stop the training in the middle.
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        output = os.path.join(folder, "output")
        run = subprocess.Popen(
            [*sys.argv[1:], "--threads", "1", "--steps", "5000", "--metrics", pipe, "--prometheus", "0"],
            stdout=open(output, "w"))
        try:
            found = None
            while not found and run.poll() is None:
                time.sleep(0.01)
                with open(output) as file:
                    found = re.match(
                        r"metrics for Prometheus at (http://127\.0\.0\.1:\d+/metrics)\n",
                        file.read())
            url = found[1]
            for _ in range(400):
                page = get(url)
                values = dict(entry.split() for entry in page.splitlines()
                              if not entry.startswith("#"))
                if float(values["dpc_step"]) > 100:
                    break
                time.sleep(0.05)
            assert 100 < float(values["dpc_step"]) < 5000, values
            assert values["dpc_steps_planned"] == "5000" and values["dpc_learning_rate"] == "0.5"
            assert 0 < float(values["dpc_loss"]) < 5, values
            assert "# TYPE dpc_step counter\n" in page
            try:
                get(url.replace("/metrics", "/"))
                raise AssertionError("another page is there")
            except urllib.error.HTTPError as error:
                assert error.code == 404, error
            os.set_blocking(reader, True)
            content = b""
            while part := os.read(reader, 1 << 16):
                content += part
            assert content.count(b"\n") == 5000
            assert run.wait(60) == 0
        finally:
            run.kill()
            run.wait()
    print("served")


main()
