"""What a model in Python reads and writes: the hand-over of Foz.

    import foz

    def model():
        orders = foz.table("silver.orders")     # pandas, polars or pyarrow as installed; else a list of dicts
        return orders                           # a data frame, a table, or rows: dicts, or a generator of them

Rows can also be written bit by bit with foz.write(rows), which holds none of them in memory.
"""

import base64
import datetime
import decimal
import importlib.util
import json
import os
import threading

with open(os.environ["FOZ_HANDOVER"], encoding="utf-8") as _file:
    _handover = json.load(_file)

#: The name of the model, such as "gold.scores".
name = _handover["model"]

#: Whether the table is kept, and only added to: the model is incremental and was made before.
is_incremental = _handover["is_incremental"]

#: The run's number.
run_id = _handover["run_id"]

#: The names of the tables that the model can read.
tables = tuple(_handover["tables"])


def interval():
    """The interval to fill as (start, end), end not included, both in UTC; None where the model has no intervals."""
    stated = _handover.get("interval")
    if stated is None:
        return None
    return tuple(datetime.datetime.fromisoformat(text) for text in (stated["start"], stated["end"]))


def table(name, kind="auto"):
    """A table of the lake.

    kind: "auto" takes the first of pandas, polars and pyarrow that is installed, else rows; or one of "pandas", "polars",
    "arrow", "rows" (a list of dicts), "path" (the files as Foz wrote them).
    """
    stated = _find(name)
    if kind == "auto":
        kind = next((k for k, package in (("pandas", "pandas"), ("polars", "polars"), ("arrow", "pyarrow"))
                     if importlib.util.find_spec(package)), "rows")
    if kind == "path":
        return stated["path"]
    is_parquet = stated["format"] == "parquet"
    if kind == "rows":
        if is_parquet:
            return _read_arrow(stated["path"]).to_pylist()
        return list(rows(name))
    if kind == "pandas":
        import pandas
        if is_parquet:
            return pandas.read_parquet(stated["path"])
        return pandas.DataFrame(list(rows(name)), columns=[column["name"] for column in stated["columns"]])
    if kind == "polars":
        import polars
        if is_parquet:
            return polars.read_parquet(stated["path"])
        return polars.DataFrame(list(rows(name)))
    if kind == "arrow":
        import pyarrow
        if is_parquet:
            return _read_arrow(stated["path"])
        return pyarrow.Table.from_pylist(list(rows(name)))
    raise ValueError(f"unknown kind '{kind}': auto, pandas, polars, arrow, rows or path")


def rows(name):
    """The rows of a table one after the other, as dicts: none but the present one is in memory."""
    stated = _find(name)
    if stated["format"] == "parquet":
        import pyarrow.parquet
        for batch in pyarrow.parquet.ParquetFile(stated["path"]).iter_batches():
            yield from batch.to_pylist()
        return
    readers = {column["name"]: _READERS.get(column["kind"]) for column in stated["columns"]}
    with open(stated["path"], encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            for column, reader in readers.items():
                if reader is not None and row.get(column) is not None:
                    row[column] = reader(row[column])
            yield row


def variable(name, default=None):
    """A variable of the environment, such as a secret that .env sets; an error where there is none, and no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise KeyError(f"the variable {name} is not set")
    return value


def write(data):
    """Adds rows to what the model makes: a pandas or polars data frame, a pyarrow table, a relation of DuckDB, or dicts."""
    if data is None:
        return
    if not _is_writer():
        raise RuntimeError("foz.write is for the process that Foz began: give rows back to it from those that it starts")
    package = type(data).__module__.split(".")[0]
    if package == "pandas":
        _check_names(str(column) for column in data.columns)
        _write_pandas(data)
    elif package == "polars":
        data = data.collect() if type(data).__name__ == "LazyFrame" else data
        _check_names(data.columns)
        data.write_parquet(_next_file("parquet"))
        _written.add("parquet")
    elif package == "pyarrow":
        _check_names(data.schema.names)
        _write_arrow(data)
    elif package in ("duckdb", "_duckdb"):
        data.to_parquet(_next_file("parquet"))
        _written.add("parquet")
    elif isinstance(data, dict):
        _rows.add(data)
    elif isinstance(data, (str, bytes)) or not hasattr(data, "__iter__"):
        raise TypeError(f"rows are dicts of columns, or a data frame or table, not {type(data).__name__}")
    else:
        for row in data:
            if not isinstance(row, dict):
                raise TypeError(f"a row must be a dict of columns, not {type(row).__name__} (row {_rows.count + 1})")
            _rows.add(row)


def _is_writer():
    """Whether this is the process that Foz began: those that it forks or spawns have no part in the table."""
    return os.getpid() == _writer


def _check_names(names):
    known = {}
    for column in names:
        if not column:
            raise ValueError("a column has no name")
        other = known.setdefault(column.lower(), column)
        if other is not column:
            raise ValueError(f"the columns '{other}' and '{column}' have the same name: case tells none apart")


def _find(name):
    stated = _handover["tables"].get(name.lower())
    if stated is None:
        known = ", ".join(tables) or "none"
        raise KeyError(f"{name} is not among the tables of this model ({known}): name it under 'depends'")
    return stated


def _read_arrow(path):
    import pyarrow.parquet
    return pyarrow.parquet.read_table(path)


def _write_pandas(frame):
    if importlib.util.find_spec("pyarrow"):
        frame.to_parquet(_next_file("parquet"), index=False)
        _written.add("parquet")
        return
    import pandas
    columns = [str(column) for column in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        _rows.add({column: _plain(value, pandas) for column, value in zip(columns, values)})


def _plain(value, pandas):
    """A value of pandas or NumPy as one of Python."""
    if isinstance(value, (list, dict, tuple, str, bytes)):
        return value
    if getattr(value, "ndim", 0) > 0:
        return value.tolist()
    if value is None or value is pandas.NaT or value is pandas.NA or value != value:
        return None
    if isinstance(value, pandas.Timestamp):
        return value.to_pydatetime(warn=False)
    return value.item() if hasattr(value, "item") else value


def _write_arrow(data):
    import pyarrow
    import pyarrow.parquet
    if isinstance(data, pyarrow.RecordBatch):
        data = pyarrow.Table.from_batches([data])
    if isinstance(data, pyarrow.RecordBatchReader):
        with pyarrow.parquet.ParquetWriter(_next_file("parquet"), data.schema) as writer:
            for batch in data:
                writer.write_batch(batch)
    else:
        pyarrow.parquet.write_table(data, _next_file("parquet"))
    _written.add("parquet")


#: The process that writes: foz_run says so; none in one that is spawned.
_writer = None

_files = 0
_written = set()


def _next_file(ending):
    global _files
    _files += 1
    return os.path.join(_handover["output"], f"part-{_files:05}.{ending}")


def _instant(text):
    return datetime.datetime.fromisoformat(text)


_READERS = {
    "decimal": decimal.Decimal,
    "double": float,
    "date": datetime.date.fromisoformat,
    "timestamp": _instant,
    "timestamp_tz": _instant,
    "binary": base64.b64decode,
}


_NEW = object()


class _Rows:
    """Rows on their way to a file of JSON lines, with the types of their columns as they turn out to be."""

    # Lines wait here and not in a file object, which a forked process would have too, and write once more at its end.
    _waiting_max = 1 << 16

    def __init__(self):
        self.lock = threading.Lock()
        self.file = None
        self.waiting = []
        self.waiting_size = 0
        self.count = 0
        self.kinds = {}
        self.names = {}
        self.scale = {}

    def add(self, row):
        with self.lock:
            self._add(row)

    def _add(self, row):
        if self.file is None:
            self.file = open(_next_file("jsonl"), "wb", buffering=0)
            _written.add("jsonl")
        line = {}
        self.count += 1
        for column, value in row.items():
            column = str(column)
            kind, line[column] = self._encode(column, value)
            known = self.kinds.setdefault(column, _NEW)
            if known is _NEW:
                self._check_name(column)
                self.kinds[column] = kind
            elif known != kind and kind is not None:
                self.kinds[column] = kind if known is None else _common(known, kind)
        text = json.dumps(line, ensure_ascii=False, default=str, allow_nan=True)
        self.waiting.append(text)
        self.waiting_size += len(text)
        if self.waiting_size >= self._waiting_max:
            self.flush()

    def flush(self):
        data = memoryview("".join(text + "\n" for text in self.waiting).encode("utf-8"))
        self.waiting, self.waiting_size = [], 0
        while data:
            data = data[self.file.write(data):]

    def _check_name(self, column):
        if not column:
            raise ValueError(f"row {self.count} has a column without a name")
        other = self.names.setdefault(column.lower(), column)
        if other != column:
            raise ValueError(f"row {self.count} has a column '{column}' where rows have '{other}': case tells no columns apart")

    def _encode(self, column, value):
        if value is None:
            return None, None
        if hasattr(value, "item") and not isinstance(value, (str, bytes)):
            value = value.item()
        if isinstance(value, bool):
            return "boolean", value
        if isinstance(value, int):
            return ("bigint" if -(1 << 63) <= value < 1 << 63 else "decimal"), str(value)
        if isinstance(value, float):
            return "double", repr(value)
        if isinstance(value, decimal.Decimal):
            if value.is_finite():
                self.scale[column] = max(self.scale.get(column, 0), -value.as_tuple().exponent)
            return "decimal", format(value, "f")
        if isinstance(value, datetime.datetime):
            return ("timestamp_tz" if value.tzinfo else "timestamp"), value.isoformat(sep=" ")
        if isinstance(value, datetime.date):
            return "date", value.isoformat()
        if isinstance(value, (bytes, bytearray)):
            return "binary", base64.b64encode(value).decode("ascii")
        if isinstance(value, (dict, list, tuple, set)):
            return "json", json.dumps(list(value) if isinstance(value, set) else value, ensure_ascii=False, default=str)
        return "string", str(value)

    def finish(self):
        """Brings what waits to the file, and tells its columns."""
        if self.file is None:
            return []
        self.flush()
        self.file.close()
        return [{"name": column, "kind": kind or "string", "scale": self.scale.get(column, 0)}
                for column, kind in self.kinds.items()]


def _common(left, right):
    numbers = ["bigint", "decimal", "double"]
    if left in numbers and right in numbers:
        return numbers[max(numbers.index(left), numbers.index(right))]
    if {left, right} == {"date", "timestamp"}:
        return "timestamp"
    return "string"


_rows = _Rows()


def _finish():
    """Says that all is written: without this mark, what there is would be a part."""
    if not _is_writer():
        return
    columns = _rows.finish()
    if len(_written) > 1:
        raise TypeError("a model gives data frames or rows, not both")
    mark = os.path.join(_handover["output"], "columns.json")
    with open(mark + ".part", "w", encoding="utf-8") as out:
        json.dump(columns, out)
    os.replace(mark + ".part", mark)
