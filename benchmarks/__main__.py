"""`make bench`: the benchmarks in this folder, one after the other. A benchmark is a module with `measure()`, which yields lines.

One that takes long says so in `LONG`, and runs only when it is named. One that has options adds them in `options(parser)`, and is
given them: `measure(arguments)`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from types import ModuleType

import benchmarks


def main(argv: list[str]) -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_"))
    known = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    arguments = make_parser(known).parse_args(argv)
    unknown = sorted(set(arguments.names) - set(known))
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. Choose from: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in arguments.names or [name for name in known if not hasattr(known[name], "LONG")]:
        module = known[name]
        print(f"\n{name}: {module.__doc__.splitlines()[0]}", flush=True)
        for line in module.measure(arguments) if hasattr(module, "options") else module.measure():
            print(line, flush=True)
    return 0


def make_parser(known: dict[str, ModuleType]) -> argparse.ArgumentParser:
    says = [f"{name:14}{module.__doc__.splitlines()[0]} {getattr(module, 'LONG', '')}" for name, module in known.items()]
    parser = argparse.ArgumentParser(
        prog='make bench ARGS="…"', formatter_class=argparse.RawDescriptionHelpFormatter, description="\n".join(says)
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; without one, all that are quick")
    for name, module in known.items():
        if hasattr(module, "options"):
            module.options(parser.add_argument_group(name))
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
