"""python -m tests.bench [--size small|full] [--rounds N] [--only WORD] [--json]: run by bin/bench on services of its own."""

import argparse
import json
import logging
import os
import sys
from dataclasses import asdict

os.environ.setdefault("PORTAL_LOGIN", "system")
HEAD = ("measure", "size", "time", "spread", "floor", "time", "ratio", "goal", "")


def main():
    asked = arguments()
    found = list(measured(asked))
    for line in as_json(found) if asked.json else as_table(found):
        print(line)
    return 1 if any(result.is_met is False for result in found) else 0


def arguments():
    from tests.bench.stage import SIZES

    parser = argparse.ArgumentParser(
        prog="bin/bench", description="Measures beside their floors; ratios count, times are this machine's."
    )
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="run the measures whose name has this word")
    parser.add_argument("--json", action="store_true", help="one JSON line a measure")
    return parser.parse_args()


def measured(asked):
    from tests.bench import api, api_key, caps, csv_export, documents, hourly, imports, seats, usage_page
    from tests.bench.stage import SIZES, Stage

    measures = [
        seats.one_by_one,
        seats.in_bulk,
        imports.of_users,
        hourly.totals,
        hourly.self_check,
        usage_page.beside_a_bare_view,
        usage_page.beside_few_clients,
        usage_page.of_all_clients,
        usage_page.beside_no_row_level_security,
        api.list_beside_a_bare_view,
        api.list_at_many,
        api.seats_over_http,
        api_key.check_of_a_key,
        csv_export.users,
        documents.contract,
        caps.in_one_edit,
    ]
    stage = Stage(SIZES[asked.size])
    for measure in measures:
        if asked.only in f"{measure.__module__}.{measure.__name__}":
            yield measure(stage, asked.rounds)


def as_json(results):
    return [
        json.dumps({**asdict(result), "ratio": result.ratio and round(result.ratio, 3), "is_met": result.is_met})
        for result in results
    ]


def as_table(results):
    rows = [HEAD, *map(cells, results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def cells(result):
    met = {True: "ok", False: "MISSED", None: ""}[result.is_met]
    spread = f"{spoken(result.fastest)}–{spoken(result.slowest)}"
    floor = (result.floor, spoken(result.floor_seconds), f"{result.ratio:.2f}") if result.floor else ("", "", "")
    return (result.name, result.size, spoken(result.seconds), spread, *floor, goal_of(result), f"{met} {result.note}".strip())


def goal_of(result):
    if result.goal is None:
        return ""
    figure = spoken(result.goal) if result.kind == "seconds" else f"{result.goal:g}"
    return f"{'≥' if result.kind == 'share' else '≤'} {figure}"


def spoken(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


if __name__ == "__main__":
    import django
    from django.conf import settings

    django.setup()
    logging.disable(logging.WARNING)
    settings.ROOT_URLCONF = "tests.bench.urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    sys.exit(main())
