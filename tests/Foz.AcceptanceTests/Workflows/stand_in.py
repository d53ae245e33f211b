"""Imports a workflow with stand-ins of Airflow or Dagster that record what they are given, and prints it as JSON.

usage: stand_in.py airflow|dagster FILE
"""
import json
import sys
import time
import types
from datetime import timedelta


def plain(value):
    return value.total_seconds() if isinstance(value, timedelta) else value


class Dag:
    current = None

    def __init__(self, **settings):
        known = {"dag_id", "schedule", "start_date", "catchup", "max_active_runs", "dagrun_timeout", "default_args",
                 "tags"}
        assert set(settings) <= known, set(settings) - known
        assert settings["start_date"].tzinfo is not None
        self.settings, self.tasks = settings, {}

    def __enter__(self):
        Dag.current = self
        return self

    def __exit__(self, *_):
        return None

    def record(self):
        settings = {key: plain(value) for key, value in self.settings.items() if key not in ("start_date",)}
        settings["default_args"] = {key: plain(value) for key, value in settings["default_args"].items()}
        return settings | {"tasks": [task.record() for task in self.tasks.values()]}


class BashOperator:
    def __init__(self, task_id, bash_command, append_env):
        assert task_id not in Dag.current.tasks, task_id
        assert all(c.isalnum() or c in "_-." for c in task_id) and len(task_id) <= 250, task_id
        # Airflow takes a command that ends so for the name of a template's file.
        assert not bash_command.endswith((".sh", ".bash")), bash_command
        assert "{{" not in bash_command, bash_command
        self.task_id, self.bash_command, self.needs = task_id, bash_command, []
        Dag.current.tasks[task_id] = self

    def set_upstream(self, tasks):
        self.needs.extend(task.task_id for task in tasks)

    def record(self):
        return {"task_id": self.task_id, "bash_command": self.bash_command, "needs": self.needs}


def airflow():
    add("airflow", DAG=Dag)
    add("airflow.operators")
    add("airflow.operators.bash", BashOperator=BashOperator)
    add("airflow.timetables")
    add("airflow.timetables.trigger", CronTriggerTimetable=lambda cron, timezone: {"cron": [cron, timezone]})
    return lambda found: found["dag"].record()


def dagster():
    class Asset:
        def __init__(self, key, deps, group_name, retry_policy, run):
            self.key, self.deps, self.run = key, deps, run

    def asset(**settings):
        return lambda run: Asset(run=run, **settings)

    add("dagster", AssetKey=list, Backoff=types.SimpleNamespace(EXPONENTIAL="exponential"), Failure=RuntimeError,
        Definitions=lambda **parts: parts, RetryPolicy=lambda **parts: parts, asset=asset,
        ScheduleDefinition=lambda job, cron_schedule, execution_timezone: {
            "cron_schedule": cron_schedule, "execution_timezone": execution_timezone},
        define_asset_job=lambda name, selection, tags=None: {"name": name, "assets": len(selection)})

    def record(found):
        return found["defs"] | {"assets": [
            {"key": one.key, "deps": one.deps, "log": log_of(one.run)} for one in found["defs"]["assets"]]}

    def log_of(run):
        lines = []
        run(types.SimpleNamespace(log=types.SimpleNamespace(info=lines.append)))
        return "\n".join(lines)

    return record


def add(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(members)
    sys.modules[name] = module


record = {"airflow": airflow, "dagster": dagster}[sys.argv[1]]()
with open(sys.argv[2], encoding="ascii") as file:
    text = file.read()
started = time.process_time()
found = {"__name__": "workflow"}
exec(compile(text, sys.argv[2], "exec"), found)
seconds = time.process_time() - started
print(json.dumps(record(found) | {"seconds": seconds}))
