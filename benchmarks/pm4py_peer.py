"""pm4py's time, in an environment of its own: it is not under a licence the product may link to."""

import json
import resource
import sys
import time

import numpy
import pandas
import pm4py


def main(measure: str, folder: str, repeats: int) -> None:
    kept = numpy.load(f"{folder}/log.npz")
    log = pandas.DataFrame(
        {
            "case:concept:name": kept["customer"].astype(str),
            "concept:name": kept["names"][kept["name"]],
            "time:timestamp": pandas.to_datetime(kept["at"], utc=True),
        }
    )

    def directly_follows():
        graph, _, _ = pm4py.discover_dfg(log)
        pm4py.discover_performance_dfg(log)
        return len(graph)

    def paths():
        return len(pm4py.get_variants(log))

    question = {"directly_follows": directly_follows, "paths": paths}[measure]
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        result = question()
        taken.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"result": result, "pm4py": taken, "memory": peak}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
