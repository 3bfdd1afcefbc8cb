"""check_bytes.py REPORT: what kernels move, as a stand-in for the driver has counted it
(test/hostcuda). Of every launch that moves 32 KiB or more: what it writes, it writes once; of what it
reads, it reads 95 % once; all are whole sectors of 32 bytes, to 5 %."""

import json
import sys

LEAST = 32 << 10
kernels = {}
with open(sys.argv[1], encoding="utf-8") as report:
    for line in report:
        event = json.loads(line)
        if event["event"] == "launch" and not event["kernel"].startswith("dpc_product"):
            kernels[event["kernel"]] = event
checked = 0
failed = False
for name, event in kernels.items():
    read, written = event["read"], event["written"]
    if read["unique_bytes"] + written["unique_bytes"] < LEAST:
        continue
    checked += 1
    faults = []
    if written["bytes"] != written["unique_bytes"]:
        faults.append(f"writes {written['bytes']} bytes to {written['unique_bytes']}")
    if event["repeated_bytes"] > 0.05 * read["unique_bytes"]:
        faults.append(f"reads {event['repeated_bytes']} of {read['unique_bytes']} bytes again")
    for what, traffic in (("reads", read), ("writes", written)):
        if traffic["unique_sectors"] * 32 > 1.05 * traffic["unique_bytes"] + 64:
            faults.append(f"{what} {traffic['unique_bytes']} bytes in {traffic['unique_sectors']} sectors")
    if faults:
        failed = True
        print(f"{name}: " + ", ".join(faults))
print(f"{checked} kernels move what they must")
sys.exit(1 if failed or not checked else 0)
