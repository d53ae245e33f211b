"""Runs a model in Python for Foz, and tells how it ended."""

import inspect
import json
import os
import sys
import threading
import traceback


def _watch_parent():
    # The input is a pipe that ends when Foz does, however that comes about.
    while os.read(0, 4096):
        pass
    os._exit(1)


def _report(error, path, status):
    # The frames of this file and of the helper are not what the model's author wants to see.
    own = {os.path.abspath(__file__), os.path.abspath(sys.modules["foz"].__file__) if "foz" in sys.modules else None}
    frames = [f for f in traceback.extract_tb(error.__traceback__) if os.path.abspath(f.filename) not in own]
    line = next((f.lineno for f in reversed(frames) if os.path.abspath(f.filename) == path), None)
    if isinstance(error, SyntaxError) and error.filename and os.path.abspath(error.filename) == path:
        line = error.lineno
    message = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    with open(status, "w", encoding="utf-8") as out:
        json.dump({"message": message, "line": line}, out)
    for text in traceback.format_list(frames):
        sys.stderr.write(text)
    sys.stderr.write("".join(traceback.format_exception_only(type(error), error)))


def main():
    path = os.path.abspath(sys.argv[1])
    status = sys.argv[2]
    threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        import foz
        with open(path, encoding="utf-8") as source:
            code = compile(source.read(), path, "exec")
        scope = {"__name__": "__foz_model__", "__file__": path}
        exec(code, scope)
        entry = scope.get("model") or scope.get("materialize")
        if callable(entry):
            count = len([p for p in inspect.signature(entry).parameters.values() if p.default is p.empty])
            result = entry(*[foz] * min(count, 1))
            if inspect.isgenerator(result) or not isinstance(result, type(None)):
                foz.write(result)
        foz._finish()
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            sys.modules["foz"]._finish()
            return
        _report(error, path, status)
        sys.exit(1)


main()
