"""What a model in Python of a dbt project is handed, model(dbt, session), over the hand-over of Foz."""

import importlib.util

import foz

_stated = foz._handover["dbt"]


class Relation:
    """A table of the lake, where DuckDB's package is not installed: what is asked of it is made by the packages that are."""

    def __init__(self, name):
        self._name = name

    def df(self):
        return foz.table(self._name, "pandas")

    to_df = df

    def pl(self):
        return foz.table(self._name, "polars")

    def arrow(self):
        return foz.table(self._name, "arrow")

    to_arrow_table = arrow

    def fetchall(self):
        return [tuple(row.values()) for row in foz.rows(self._name)]

    def __iter__(self):
        """The rows as dicts."""
        return iter(foz.rows(self._name))


class This:
    """The model's own table."""

    database = _stated["database"]
    schema = _stated["schema"]
    identifier = name = _stated["identifier"]

    def __str__(self):
        return f'"{self.schema}"."{self.identifier}"'


class Config:
    """dbt.config: called it configures, which Foz read from the file before; asked it tells."""

    def __call__(self, *_, **__):
        return ""

    def get(self, key, default=None):
        return _stated["config"].get(key, default)


class Dbt:
    """What the first parameter of a model is."""

    def __init__(self, session):
        self._session = session
        self.this = This()
        self.config = Config()
        self.is_incremental = foz.is_incremental

    def ref(self, *names, v=None, version=None):
        version = v if version is None else version
        return self._relation("ref", ".".join(names) + ("" if version is None else f".v{version}"), _stated["refs"])

    def source(self, source, table):
        return self._relation("source", f"{source}.{table}", _stated["sources"])

    def _relation(self, function, asked, known):
        if asked not in known:
            raise KeyError(f"dbt.{function}() of '{asked}' is none of those that stand in the file as they are: names cannot be computed")
        if self._session is None:
            return Relation(known[asked])
        return self._session.read_parquet(foz.table(known[asked], "path"))


def run(model):
    session = None
    if importlib.util.find_spec("duckdb"):
        import duckdb
        session = duckdb.connect()
    result = model(Dbt(session), session)
    if isinstance(result, Relation):
        result = iter(result)
    return result
