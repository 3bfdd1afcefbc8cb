"""Every collective of a plan but the messages of a pipeline has a reason, and
every reshard is complete.

  check_reasons.py DPC MODEL OPTIONS...
"""

import json
import subprocess
import sys


def main():
    dpc, *options = sys.argv[1:]
    run = subprocess.run([dpc, "plan", "--json", *options], check=True, capture_output=True, text=True)
    plan = json.loads(run.stdout)
    for program in plan["programs"]:
        for collective in program["collectives"]:
            if collective["kind"] not in ("send", "recv"):
                assert collective.get("reason"), collective
    assert plan["reshards"]
    for reshard in plan["reshards"]:
        assert reshard["reason"] and reshard["from"] and reshard["to"], reshard
        assert reshard["program"] in {p["name"] for p in plan["programs"]}, reshard


if __name__ == "__main__":
    main()
