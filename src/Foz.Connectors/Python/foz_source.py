"""Runs a source in Python for Foz: its functions are streams, and it is spoken to as a tap of Singer is."""

import argparse
import base64
import datetime
import decimal
import importlib.util
import inspect
import json
import os
import sys
import threading
import traceback
import types

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


class _Messages:
    """Messages to Foz, a line each. They wait here and not in a file object, which a forked process would send once more."""

    waiting_max = 1 << 13

    def __init__(self, file):
        self.file, self.process, self.lock, self.waiting, self.size = file, os.getpid(), threading.Lock(), [], 0

    def send(self, message):
        if os.getpid() != self.process:
            raise RuntimeError("rows are for the process that Foz began: give them back to it from those that it starts")
        line = json.dumps(message, default=_encode, ensure_ascii=False, allow_nan=False) + "\n"
        with self.lock:
            self.waiting.append(line)
            self.size += len(line)
            if self.size >= self.waiting_max:
                self._flush()

    def flush(self):
        if os.getpid() == self.process:
            with self.lock:
                self._flush()

    def _flush(self):
        data = memoryview("".join(self.waiting).encode("utf-8"))
        self.waiting, self.size = [], 0
        while data:
            data = data[os.write(self.file, data):]


def _load(path):
    """The file as a module that can be found by its name, as pickle, dataclasses and typing want to."""
    # Last, so that no module of Python's own is hidden by a source's name.
    sys.path.append(os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    found = importlib.util.find_spec(name) if name.isidentifier() and name not in sys.modules else None
    if found is None or not found.origin or not os.path.samefile(found.origin, path):
        name = "__foz_source__"
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    exec(code, module.__dict__)
    return module


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    for name in ("--config", "--catalog", "--state"):
        arguments.add_argument(name)
    arguments.add_argument("--discover", action="store_true")
    arguments.add_argument("--confirm", action="store_true")
    stated = arguments.parse_args()

    # What the file prints, and what programs print that it starts, is its log.
    out = _Messages(os.dup(1))
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    path = os.path.abspath(stated.file)
    sys.path.insert(0, os.getcwd())

    declared = {}
    foz = types.ModuleType("foz")
    with open(stated.config, encoding="utf-8") as file:
        foz.config = json.load(file)

    def stream(function=None, *, name=None, keys=(), mode="snapshot", confirm=None):
        """
        Marks a function as a stream; where one is marked, the others are not streams. What confirm= names is called
        with the stream's state once the rows before it are in the table, and may be called again with the same one.
        """
        def mark(marked):
            if confirm is not None and mode != "incremental":
                raise ValueError(f"{marked.__name__}() has confirm=, which goes with mode=\"incremental\"")
            declared[name or marked.__name__] = (
                marked, [keys] if isinstance(keys, str) else list(keys), mode, confirm)
            return marked
        return mark if function is None else mark(function)

    def set_state(value):
        """Notes how far the stream has come: the next run gets it, once the rows before it are in the table."""
        out.send({"type": "STATE", "value": {"state": value}})

    def variable(name, default=None):
        """A variable of the environment; an error where there is none, and no default."""
        value = os.environ.get(name, default)
        if value is None:
            raise KeyError(f"the variable {name} is not set")
        return value

    foz.stream, foz.set_state, foz.variable = stream, set_state, variable
    sys.modules["foz"] = foz
    try:
        module = _load(path)
        streams = declared or {
            name: (value, [], None, None) for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")}
        if stated.confirm:
            name, state = _chosen(stated)
            streams[name][3](state)
            out.send({"type": "END"})
        elif stated.discover:
            out.send({"streams": [_entry(name, *rest[1:]) for name, rest in streams.items()]})
        else:
            _read(stated, streams, out.send)
            # Without this mark, what there is would be a part.
            out.send({"type": "END"})
        out.flush()
    except Exception as error:
        out.flush()
        sys.stderr.write(_describe(error))
        sys.exit(1)


def _describe(error):
    """The error and what it came from, without the frames of this text."""
    told = traceback.TracebackException.from_exception(error)
    parts, seen = [told], set()
    while parts:
        part = parts.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        part.stack = traceback.StackSummary.from_list([f for f in part.stack if f.filename != "<string>"])
        parts += [part.__cause__, part.__context__, *(getattr(part, "exceptions", None) or [])]
    return "".join(told.format())


def _entry(name, keys, mode, confirm):
    own = {} if mode is None else {"forced-replication-method": "INCREMENTAL" if mode == "incremental" else "FULL_TABLE"}
    if confirm is not None:
        own["foz-confirms"] = True
    return {"stream": name, "tap_stream_id": name, "schema": {"properties": {}}, "key_properties": keys,
            "metadata": [{"breadcrumb": [], "metadata": own}]}


def _chosen(stated):
    """The name of the stream that Foz asks for, and its state."""
    with open(stated.catalog, encoding="utf-8") as file:
        chosen = next(s for s in json.load(file)["streams"]
                      if any(m["metadata"].get("selected") for m in s["metadata"] if not m["breadcrumb"]))
    state = None
    if stated.state:
        with open(stated.state, encoding="utf-8") as file:
            state = json.load(file).get("state")
    return chosen["stream"], state


def _read(stated, streams, send):
    name, state = _chosen(stated)
    function = streams[name][0]
    takes = any(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in inspect.signature(function).parameters.values())
    data = function(state) if takes else function()
    if inspect.iscoroutine(data) or inspect.isasyncgen(data):
        raise TypeError(f"{name}() is async, and gives no rows: let it return asyncio.run(...)")
    for row in _rows(data):
        send({"type": "RECORD", "stream": name, "record": row})


main()
