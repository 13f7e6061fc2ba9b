"""Runs the script several times in one Spark, which takes long to start: FOLDER, then lists of arguments as JSON."""

import json
import sys

sys.path.insert(0, sys.argv[1])
import msk_to_lake

for number, argv in enumerate(json.loads(sys.argv[2])):
    try:
        msk_to_lake.main(argv)
        ended = "OK"
    except SystemExit as exit:
        ended = str(exit.code)
    print(f"\nrun {number} ended: {ended}", flush=True)
