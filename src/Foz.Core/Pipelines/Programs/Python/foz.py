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
    """Adds rows to what the model makes: a pandas or polars data frame, a pyarrow table, or dicts."""
    if data is None:
        return
    package = type(data).__module__.split(".")[0]
    if package == "pandas":
        _write_pandas(data)
    elif package == "polars":
        data = data.collect() if type(data).__name__ == "LazyFrame" else data
        data.write_parquet(_next_file("parquet"))
        _written.add("parquet")
    elif package == "pyarrow":
        _write_arrow(data)
    elif isinstance(data, dict):
        _rows.add(data)
    else:
        for row in data:
            if not isinstance(row, dict):
                raise TypeError(f"a row must be a dict of columns, not {type(row).__name__}")
            _rows.add(row)


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


class _Rows:
    """Rows on their way to a file of JSON lines, with the types of their columns as they turn out to be."""

    def __init__(self):
        self.file = None
        self.kinds = {}
        self.scale = {}

    def add(self, row):
        if self.file is None:
            self.file = open(_next_file("jsonl"), "w", encoding="utf-8")
            _written.add("jsonl")
        line = {}
        for column, value in row.items():
            column = str(column)
            kind, line[column] = self._encode(column, value)
            known = self.kinds.setdefault(column, kind)
            if known != kind and kind is not None:
                self.kinds[column] = kind if known is None else _common(known, kind)
        self.file.write(json.dumps(line, ensure_ascii=False, default=str, allow_nan=True) + "\n")

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
        if self.file is None:
            return
        self.file.close()
        columns = [{"name": column, "kind": kind or "string", "scale": self.scale.get(column, 0)}
                   for column, kind in self.kinds.items()]
        with open(os.path.join(_handover["output"], "columns.json"), "w", encoding="utf-8") as out:
            json.dump(columns, out)


def _common(left, right):
    numbers = ["bigint", "decimal", "double"]
    if left in numbers and right in numbers:
        return numbers[max(numbers.index(left), numbers.index(right))]
    if {left, right} == {"date", "timestamp"}:
        return "timestamp"
    return "string"


_rows = _Rows()


def _finish():
    _rows.finish()
    if len(_written) > 1:
        raise TypeError("a model gives data frames or rows, not both")
