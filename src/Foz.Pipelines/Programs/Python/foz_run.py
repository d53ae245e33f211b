"""Runs a model in Python for Foz, and tells how it ended."""

import atexit
import importlib.util
import inspect
import json
import os
import sys
import threading
import traceback
import types


def _watch_parent(pipe):
    # It ends when Foz does, however that comes about.
    while os.read(pipe, 4096):
        pass
    os._exit(1)


def _take_input():
    """The pipe that Foz holds; the model's own input is empty."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return pipe


def _load(path):
    """The file as a module that can be found by its name, as pickle, dataclasses and typing want to."""
    # Last, so that no module of Python's own is hidden by a table's name.
    sys.path.append(os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    found = importlib.util.find_spec(name) if name.isidentifier() and name not in sys.modules else None
    if found is None or not found.origin or not os.path.samefile(found.origin, path):
        name = "__foz_model__"
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    with open(path, encoding="utf-8") as source:
        code = compile(source.read(), path, "exec")
    exec(code, module.__dict__)
    return module


def _call(entry, foz):
    if foz._handover.get("dbt"):
        import foz_dbt
        result = foz_dbt.run(entry)
    else:
        count = len([p for p in inspect.signature(entry).parameters.values() if p.default is p.empty])
        result = entry(*[foz] * min(count, 1))
    if inspect.iscoroutine(result) or inspect.isasyncgen(result):
        raise TypeError(f"{entry.__name__}() is async, and gives no rows: let it return asyncio.run(...)")
    foz.write(result)


def _report(error, path, entry, status):
    # The frames of this file and of the helper are not what the model's author wants to see.
    own = {os.path.abspath(__file__), *(os.path.abspath(sys.modules[name].__file__) for name in ("foz", "foz_dbt") if name in sys.modules)}
    told = traceback.TracebackException.from_exception(error)
    parts, seen = [told], set()
    while parts:
        part = parts.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        part.stack = traceback.StackSummary.from_list([f for f in part.stack if os.path.abspath(f.filename) not in own])
        parts += [part.__cause__, part.__context__, *(getattr(part, "exceptions", None) or [])]
    line = next((f.lineno for f in reversed(told.stack) if os.path.abspath(f.filename) == path), None)
    if isinstance(error, SyntaxError) and error.filename and os.path.abspath(error.filename) == path:
        line = error.lineno
    if line is None and inspect.isfunction(entry):
        line = entry.__code__.co_firstlineno
    message = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    with open(status, "w", encoding="utf-8") as out:
        json.dump({"message": message, "line": line}, out)
    sys.stderr.write("".join(told.format()))


def main():
    path, status = os.path.abspath(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_watch_parent, args=(_take_input(),), daemon=True).start()
    process = os.getpid()
    entry = None
    is_done = False

    def finish():
        try:
            if is_done:
                sys.modules["foz"]._finish()
        except Exception as error:
            _report(error, path, entry, status)

    # The last of all that happens at exit, behind threads of the model that still write.
    atexit.register(finish)
    try:
        import foz
        foz._writer = process
        module = _load(path)
        entry = getattr(module, "model", None) or getattr(module, "materialize", None)
        if callable(entry):
            _call(entry, foz)
    except BaseException as error:
        if os.getpid() != process:
            raise
        if not isinstance(error, SystemExit) or error.code not in (None, 0):
            _report(error, path, entry, status)
            sys.exit(1)
    is_done = True


# A process that multiprocessing spawns loads this file too.
if __name__ == "__main__":
    main()
