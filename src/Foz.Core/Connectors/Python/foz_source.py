"""Runs a source in Python for Foz: its functions are streams, and it is spoken to as a tap of Singer is."""

import argparse
import base64
import datetime
import decimal
import inspect
import json
import os
import sys
import traceback
import types

MODULE = "__foz_source__"


def _encode(value):
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (set, tuple)):
        return list(value)
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def _rows(data):
    """The rows of what a function gives: a row, rows, or data frames of pandas, polars and pyarrow."""
    if data is None:
        return
    package = type(data).__module__.split(".")[0]
    if isinstance(data, dict):
        yield data
    elif package == "pandas":
        yield from data.astype(object).where(data.notna(), None).to_dict("records")
    elif package == "polars":
        yield from (data.collect() if type(data).__name__ == "LazyFrame" else data).to_dicts()
    elif package == "pyarrow":
        yield from data.to_pylist()
    elif isinstance(data, (str, bytes)) or not hasattr(data, "__iter__"):
        raise TypeError(f"a row must be a dict of columns, not {type(data).__name__}")
    else:
        for item in data:
            yield from _rows(item)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    for name in ("--config", "--catalog", "--state"):
        arguments.add_argument(name)
    arguments.add_argument("--discover", action="store_true")
    stated = arguments.parse_args()

    # What the file prints, and what programs print that it starts, is its log.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    path = os.path.abspath(stated.file)
    sys.path[:0] = [os.path.dirname(path), os.getcwd()]

    def send(message):
        out.write(json.dumps(message, default=_encode, ensure_ascii=False, allow_nan=False) + "\n")

    declared = {}
    foz = types.ModuleType("foz")
    with open(stated.config, encoding="utf-8") as file:
        foz.config = json.load(file)

    def stream(function=None, *, name=None, keys=(), mode="snapshot"):
        """Marks a function as a stream; where one is marked, the others are not streams."""
        def mark(marked):
            declared[name or marked.__name__] = (marked, [keys] if isinstance(keys, str) else list(keys), mode)
            return marked
        return mark if function is None else mark(function)

    def set_state(value):
        """Notes how far the stream has come: the next run gets it, once the rows before it are in the table."""
        send({"type": "STATE", "value": {"state": value}})

    def variable(name, default=None):
        """A variable of the environment; an error where there is none, and no default."""
        value = os.environ.get(name, default)
        if value is None:
            raise KeyError(f"the variable {name} is not set")
        return value

    foz.stream, foz.set_state, foz.variable = stream, set_state, variable
    sys.modules["foz"] = foz
    try:
        with open(path, encoding="utf-8") as file:
            code = compile(file.read(), path, "exec")
        scope = {"__name__": MODULE, "__file__": path}
        exec(code, scope)
        streams = declared or {
            name: (value, [], None) for name, value in scope.items()
            if inspect.isfunction(value) and value.__module__ == MODULE and not name.startswith("_")}
        if stated.discover:
            out.write(json.dumps({"streams": [_entry(name, *rest[1:]) for name, rest in streams.items()]}))
        else:
            _read(stated, streams, send)
        out.flush()
    except Exception as error:
        out.flush()
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != "<string>"]
        sys.stderr.writelines(traceback.format_list(frames) + traceback.format_exception_only(type(error), error))
        sys.exit(1)


def _entry(name, keys, mode):
    own = {} if mode is None else {"forced-replication-method": "INCREMENTAL" if mode == "incremental" else "FULL_TABLE"}
    return {"stream": name, "tap_stream_id": name, "schema": {"properties": {}}, "key_properties": keys,
            "metadata": [{"breadcrumb": [], "metadata": own}]}


def _read(stated, streams, send):
    with open(stated.catalog, encoding="utf-8") as file:
        chosen = next(s for s in json.load(file)["streams"]
                      if any(m["metadata"].get("selected") for m in s["metadata"] if not m["breadcrumb"]))
    state = None
    if stated.state:
        with open(stated.state, encoding="utf-8") as file:
            state = json.load(file).get("state")
    name = chosen["stream"]
    function = streams[name][0]
    takes = any(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in inspect.signature(function).parameters.values())
    for row in _rows(function(state) if takes else function()):
        send({"type": "RECORD", "stream": name, "record": row})


main()
