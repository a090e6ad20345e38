"""Reads a Grafana dashboard back through Grafana's own SDK and prints every query in it, a line each.

usage: dashboard.py FILE.json
"""
import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def main():
    plugins.register_default_plugins()
    with open(sys.argv[1], encoding="utf-8") as file:
        board = Dashboard.from_json(json.load(file))
    if not board.title or not board.panels:
        sys.exit("no title or no panels")
    for panel in board.panels:
        if not panel.title or not panel.targets:
            sys.exit(f"panel {panel.id_val}: no title or no query")
        for target in panel.targets:
            # A variable for the servers stands for all of them.
            print(target.expr.replace("$instance", ".*"))


main()
